/**
 * Which records of the other machine may come in: a stamp or an incarnation that lies far in the future would outlive all later
 * ones, here and at each further start.
 */
import { Account, type AccountDump } from "./account.ts";
import { maxClients, maxHoles, maxHolesTogether, maxRecent } from "./client-book.ts";
import { isReadable } from "./fold/prepare.ts";
import { isAhead } from "./hlc.ts";
import type { Batch, RecordBody } from "./record.ts";
import type { RefusedKind } from "./refused.ts";
import { type SnapshotLine, streamKey } from "./snapshot.ts";

/** `stamp`: by the clock that judges it; `incarnation`: by no clock. */
export type Inadmissible = "stamp" | "incarnation";

const incarnationName = /^([0-9a-z]{9})-[0-9a-f]{6}$/;
/** More starts than any machine sees; each of them is kept for ever. */
export const maxIncarnations = 20_000;
/** Runs without a hole beyond the first of each incarnation. */
export const maxRanges = 10_000;

/** Wall ms of the start that an incarnation is named for; undefined when the name is none of ours. */
export function startOf(incarnation: string): number | undefined {
  const [, time] = incarnationName.exec(incarnation) ?? [];
  return time === undefined ? undefined : Number.parseInt(time, 36);
}

/** @param account what is held of that origin's stream already */
export function whyInadmissible(batch: Batch, account: Account, nowMs: number): Inadmissible | undefined {
  const startMs = startOf(batch.incarnation);
  if (startMs === undefined) return "incarnation";
  if (isStampedAhead(batch, nowMs)) return "stamp";
  if (!account.knows(batch.incarnation)) return account.incarnations >= maxIncarnations ? "incarnation" : undefined;
  if (account.continues(batch.incarnation, batch.firstSeq)) return undefined;
  return account.ranges >= maxRanges ? "incarnation" : undefined;
}

/** Whether a batch, or the start of the hub that made it, lies far ahead of this time. */
export function isStampedAhead(
  { incarnation, records }: Pick<Batch, "incarnation" | "records">,
  nowMs: number,
): boolean {
  return (
    isAhead({ wallMs: startOf(incarnation) ?? 0 }, nowMs) || records.some((record) => isRecordAhead(record, nowMs))
  );
}

function isRecordAhead(record: RecordBody, nowMs: number): boolean {
  return isAhead(record.at, nowMs) || (record.kind === "push" && !!record.upTo && isAhead(record.upTo.at, nowMs));
}

/** Lines of one kind, or about one thing, that a snapshot has. */
const maxLines = { account: 1, noted: 1, unnumbered: 1, clock: 1, client: maxClients } as const;

/**
 * Judges the lines of one snapshot of the other machine, in their order. Groups, health and alerts are taken in one by one, and bounded
 * there; all others wait for the end of the snapshot, so that no more may come of them than a hub writes.
 */
export class SnapshotGate {
  readonly #machines: readonly string[];
  readonly #known: (line: Extract<SnapshotLine, { is: "account" | "noted" }>) => Account;
  readonly #lines = new Map<string, number>();
  #clientHoles = 0;

  /** @param known what an account of a line is added to */
  constructor(
    machines: readonly string[],
    known: (line: Extract<SnapshotLine, { is: "account" | "noted" }>) => Account,
  ) {
    this.#machines = machines;
    this.#known = known;
  }

  /** Why a line may not be taken in; undefined of one that may. */
  why(line: SnapshotLine, nowMs: number): RefusedKind | undefined {
    const why = whyLineInadmissible(line, this.#machines, nowMs);
    if (why !== undefined) return why;
    if (line.is === "group" || line.is === "health" || line.is === "alert") return undefined;
    if (this.#isOneTooMany(line)) return "snapshot";
    if (line.is === "client") {
      this.#clientHoles += line.numbers.length - 1;
      return this.#clientHoles > slack * maxHolesTogether ? "snapshot" : undefined;
    }
    if (line.is !== "account" && line.is !== "noted") return undefined;
    return isTooMuch(this.#known(line), line) ? "incarnation" : undefined;
  }

  #isOneTooMany(line: Exclude<SnapshotLine, { is: "group" | "health" | "alert" }>): boolean {
    const about = "stream" in line ? streamKey(line.stream, line.origin) : "origin" in line ? line.origin : "";
    const key = `${line.is} ${about}`;
    const lines = (this.#lines.get(key) ?? 0) + 1;
    this.#lines.set(key, lines);
    return lines > maxLines[line.is];
  }
}

/** Whether an account would pass its bounds by this line; what it holds beyond them already is no fault of the line. */
function isTooMuch(account: Account, line: AccountDump): boolean {
  const both = account.without(new Account());
  both.include(Account.of(line));
  const grows = both.incarnations > account.incarnations || both.ranges > account.ranges;
  return grows && (both.incarnations > maxIncarnations || both.ranges > maxRanges);
}

/** A book of clients of the version before may hold more than one of this version, from two that were merged. */
const slack = 2;

/** Whether a line of the other machine's snapshot may be taken in, by itself. */
export function whyLineInadmissible(
  line: SnapshotLine,
  machines: readonly string[],
  nowMs: number,
): Inadmissible | "ledger" | "snapshot" | undefined {
  switch (line.is) {
    case "account":
    case "noted": {
      if (!machines.includes(line.origin)) return "ledger";
      const ranges = line.held.reduce((sum, [, stretches]) => sum + stretches.length, 0);
      if (line.held.length > maxIncarnations || ranges > maxIncarnations + maxRanges) return "incarnation";
      const starts = line.held.map(([incarnation]) => startOf(incarnation));
      if (starts.includes(undefined)) return "incarnation";
      return starts.some((wallMs = 0) => isAhead({ wallMs }, nowMs)) ? "stamp" : undefined;
    }
    case "group": {
      const stamps = [line.cleared, line.deleted, line.written, ...line.families.map(({ stamp }) => stamp)];
      if (stamps.some((stamp) => stamp !== undefined && isAhead(stamp.at, nowMs))) return "stamp";
      return line.families.every((family) => isReadable(line.group, family)) ? undefined : "snapshot";
    }
    case "unnumbered":
      return machines.includes(line.origin) ? undefined : "ledger";
    case "health":
      return isAhead(line.change.at, nowMs) ? "stamp" : undefined;
    case "alert":
      return isAhead(line.alert.at, nowMs) ? "stamp" : undefined;
    case "client": {
      if (line.recent.some(({ origin }) => !machines.includes(origin))) return "ledger";
      return line.numbers.length > slack * maxHoles || line.recent.length > maxRecent ? "snapshot" : undefined;
    }
    case "clock":
      return undefined;
  }
}
