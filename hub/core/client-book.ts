/**
 * Knows which numbered pushes of which clients are stored, whichever hub took them: a client's retry is told from a new push,
 * and what a client numbered but no hub holds is counted. Memory is bounded, so what is long ago is known less exactly.
 */
import { z } from "zod";
import { fnv1a } from "./fnv.ts";
import { groupKey } from "./group-path.ts";
import { ClientNumber, type Push } from "./record.ts";
import { SeqSet } from "./seq-set.ts";

const Count = z.number().int().nonnegative();

/** What a snapshot carries of one client. */
export const ClientDump = z.strictObject({
  client: ClientNumber.shape.name,
  numbers: z.array(z.tuple([Count, Count]).refine(([first, last]) => first <= last)),
  lowest: Count,
  duplicates: Count,
  writtenOff: Count,
  recent: z.array(z.strictObject({ seq: Count, digest: Count, origin: z.string() })),
});
export type ClientDump = z.infer<typeof ClientDump>;

/** A push as its client sends it. */
export type NumberedPush = Pick<Push, "op" | "group" | "body"> & { client: NonNullable<Push["client"]> };

/**
 * `replayed`: stored already, by the hub of `origin`. `reused`: the number was given to another push, or to one so long ago
 * that a retry is no explanation.
 */
export type Standing = { kind: "new" } | { kind: "replayed"; origin: string } | { kind: "reused" };

export interface ClientAccount {
  client: string;
  /** Highest number stored. */
  highest: number;
  /** Numbers between the lowest and the highest stored that no hub holds. */
  missing: number;
  /** Records that were stored although the same number was: taken by both hubs, neither of which knew of the other's yet. */
  duplicates: number;
}

export interface ClientTotals {
  clients: number;
  missing: number;
  duplicates: number;
  /** Clients that had to make room for others since the start; a retry of theirs is taken as a new push. */
  forgotten: number;
}

/** The number, what was pushed under it, and the machine that took it. */
interface Recent {
  seq: number;
  digest: number;
  origin: string;
}

interface Account {
  numbers: SeqSet;
  lowest: number;
  duplicates: number;
  /** Numbers of holes that were closed to bound memory. */
  writtenOff: number;
  recent: Recent[];
}

/** Clients that are remembered; the one that was silent longest makes room. */
export const maxClients = 10_000;
/** Stored pushes of a client that a retry can be told of. */
export const maxRecent = 32;
/** Runs without a hole of a client that are remembered one by one. */
export const maxHoles = 256;
/** Of all clients together, beyond the first run of each: all 10,000 with 256 would take 200 MB, this many 8 MB. */
export const maxHolesTogether = 100_000;

/** Mutable, one per hub. */
export class ClientBook {
  /** Those that pushed last come last. */
  readonly #accounts = new Map<string, Account>();
  /** Clients with holes, those that pushed last at the end, and how many holes they have together. */
  readonly #holed = new Set<string>();
  #holes = 0;
  readonly #unnumbered = new Map<string, number>();
  #forgotten = 0;

  /** A push was stored that was not noted before. @param origin machine whose hub took it */
  note(push: Pick<Push, "op" | "group" | "body" | "client">, origin: string): void {
    const { client } = push;
    if (client === undefined) {
      this.#unnumbered.set(origin, (this.#unnumbered.get(origin) ?? 0) + 1);
      return;
    }
    const account = this.#accounts.get(client.name) ?? newAccount(client.seq);
    this.#accounts.delete(client.name);
    this.#accounts.set(client.name, account);
    this.#changeNumbers(client.name, account, () => {
      if (account.numbers.add(client.seq, 1) === 0) account.duplicates++;
      account.lowest = Math.min(account.lowest, client.seq);
    });
    account.recent.push({ seq: client.seq, digest: digestOf(push), origin });
    if (account.recent.length > maxRecent) account.recent.shift();
    this.#makeRoom();
  }

  standing(push: NumberedPush): Standing {
    const { name, seq } = push.client;
    const account = this.#accounts.get(name);
    if (account === undefined || !account.numbers.has(seq)) return { kind: "new" };
    const recent = account.recent.find((each) => each.seq === seq);
    if (recent === undefined || recent.digest !== digestOf(push)) return { kind: "reused" };
    return { kind: "replayed", origin: recent.origin };
  }

  /** Holes that are remembered one by one, of all clients together. */
  get holes(): number {
    return this.#holes;
  }

  /** @param most those with missing numbers first, then those that pushed last */
  accounts(most: number): ClientAccount[] {
    return [...this.#accounts]
      .reverse()
      .map(([client, account]) => ({
        client,
        highest: account.numbers.highest,
        missing: missingOf(account),
        duplicates: account.duplicates,
      }))
      .sort((a, b) => b.missing - a.missing)
      .slice(0, most);
  }

  totals(): ClientTotals {
    const totals: ClientTotals = {
      clients: this.#accounts.size,
      missing: 0,
      duplicates: 0,
      forgotten: this.#forgotten,
    };
    for (const account of this.#accounts.values()) {
      totals.missing += missingOf(account);
      totals.duplicates += account.duplicates;
    }
    return totals;
  }

  /** Pushes without a client's number, by the machine whose hub took them. */
  unnumbered(): Record<string, number> {
    return Object.fromEntries(this.#unnumbered);
  }

  /** Those that pushed last come last. */
  *dumps(): Iterable<ClientDump> {
    for (const [client, { numbers, ...rest }] of this.#accounts)
      yield { client, numbers: numbers.stretches(), ...rest };
  }

  /** Takes in what another book, or this one before its hub's start, knew of a client; a second time it changes nothing. */
  merge({ client, numbers, lowest, duplicates, writtenOff, recent }: ClientDump): void {
    if (numbers.length === 0) return;
    const account = this.#accounts.get(client) ?? newAccount(lowest);
    this.#accounts.set(client, account);
    account.duplicates = Math.max(account.duplicates, duplicates);
    account.writtenOff = Math.max(account.writtenOff, writtenOff);
    this.#changeNumbers(client, account, () => {
      for (const [first, last] of numbers) account.numbers.add(first, last - first + 1);
      // What a dump says besides cannot lie above the numbers that it holds.
      account.lowest = numbers.reduce((least, [first]) => Math.min(least, first), Math.min(account.lowest, lowest));
    });
    const known = new Set(account.recent.map(({ seq }) => seq));
    account.recent = [...recent.filter(({ seq }) => !known.has(seq)), ...account.recent].slice(-maxRecent);
    this.#makeRoom();
  }

  /** As `merge`, of the pushes without a number. */
  mergeUnnumbered(origin: string, count: number): void {
    this.#unnumbered.set(origin, Math.max(this.#unnumbered.get(origin) ?? 0, count));
  }

  /** Keeps count of the holes, which are bounded by client and together: the oldest one goes. */
  #changeNumbers(client: string, account: Account, change: () => void): void {
    const before = holesOf(account);
    change();
    while (account.numbers.rangeCount > maxHoles) account.writtenOff += account.numbers.closeLowestHole();
    this.#holes += holesOf(account) - before;
    this.#holed.delete(client);
    if (holesOf(account) > 0) this.#holed.add(client);
    while (this.#holes > maxHolesTogether) this.#closeOne();
  }

  /** Of the client that was silent longest among those that have any. */
  #closeOne(): void {
    const [client = ""] = this.#holed;
    const account = this.#accounts.get(client);
    if (account === undefined) throw new Error(`${this.#holes} holes are counted, and no client has any`);
    account.writtenOff += account.numbers.closeLowestHole();
    this.#holes--;
    if (holesOf(account) === 0) this.#holed.delete(client);
  }

  #makeRoom(): void {
    if (this.#accounts.size <= maxClients) return;
    const [silent] = this.#accounts;
    if (silent === undefined) return;
    const [client, account] = silent;
    this.#accounts.delete(client);
    this.#holed.delete(client);
    this.#holes -= holesOf(account);
    this.#forgotten++;
  }
}

const newAccount = (lowest: number): Account => ({
  numbers: new SeqSet(),
  lowest,
  duplicates: 0,
  writtenOff: 0,
  recent: [],
});

/** Between its runs; that below the lowest number aside. */
const holesOf = ({ numbers }: Account) => Math.max(0, numbers.rangeCount - 1);

/** What lies below the lowest number met was pushed before this hub's records begin, or to another client of the name. */
const missingOf = ({ numbers, lowest, writtenOff }: Account) => numbers.holes - (lowest - 1) + writtenOff;

const digestOf = ({ op, group, body }: Pick<Push, "op" | "group" | "body">) => fnv1a([op, groupKey(group), body]);
