/** Everything that a hub knows from records: the ledger, the fold, the book of clients, the clock, last words on agents, and standing alerts. */
import { Account } from "../core/account.ts";
import { ClientBook } from "../core/client-book.ts";
import type { Fold } from "../core/fold/fold.ts";
import { groupKey } from "../core/group-path.ts";
import { compareHlc, type Hlc, hlcZero, isAhead, mergeHlc } from "../core/hlc.ts";
import { Ledger } from "../core/ledger.ts";
import { OpenAlerts } from "../core/open-alerts.ts";
import type { Alert, Batch, HealthChange, Push, StreamKind } from "../core/record.ts";
import type { Refused } from "../core/refused.ts";
import { type Marks, type SnapshotLine, streamKey } from "../core/snapshot.ts";
import { type Log, messageOf } from "./log.ts";
import { streamKinds } from "./streams.ts";

export interface RecordStateOptions {
  self: string;
  peer: string;
  fold: Fold;
  log: Log;
  refused: Refused;
  /** Groups whose text may differ now. */
  onGroups(keys: string[]): void;
  /** A batch of the alerts' stream was folded; one that was spooled comes again when it is stored. */
  onAlerts?(batch: Batch): void;
  /** An alert, of a record or of a snapshot, which does not say whose it was: then `batch` is undefined. May come again. */
  onAlert?(alert: Alert, batch: Pick<Batch, "origin" | "incarnation"> | undefined): void;
}

/** Whose last health is kept: no fleet of two machines comes near it. */
const maxAgents = 10_000;
const maxIdChars = 300;
/** Groups between two pauses of a snapshot: a few ms. */
const groupsPerPause = 100;

export class RecordState {
  readonly #options: RecordStateOptions;
  readonly ledger: Ledger;
  /** As the ledger, but nothing is ever forgotten: what is stored once more was pushed only once. */
  readonly #noted = new Map<string, Account>();
  readonly clients = new ClientBook();
  readonly alerts = new OpenAlerts();
  readonly clock: { now: Hlc; wallMs(): number } = { now: hlcZero, wallMs: Date.now };
  readonly #lastHealth = new Map<string, HealthChange>();

  constructor(options: RecordStateOptions) {
    this.#options = options;
    this.ledger = new Ledger(options.self, options.peer);
  }

  /** Newest change of each agent. */
  get lastHealth(): Iterable<HealthChange> {
    return this.#lastHealth.values();
  }

  /**
   * What the account of a snapshot says counts as held, if the stream still is as it was then; if not, only what no stream
   * needs to hold any more does.
   */
  restore(
    kind: StreamKind,
    origin: string,
    accounts: ReadonlyMap<string, Account>,
    settled: Marks,
    trusted: boolean,
  ): void {
    const key = streamKey(kind, origin);
    const account = accounts.get(key) ?? new Account();
    const mark = settled[key];
    this.ledger.forget(kind, origin);
    const held = this.ledger.account(kind, origin);
    if (trusted) held.duplicates = account.duplicates;
    if (trusted) held.include(account);
    else if (mark !== undefined) held.include(account.upTo(mark.position));
    if (mark !== undefined) this.ledger.settle(kind, origin, mark);
  }

  /** What a line of a snapshot about records of an origin is added to. */
  accountFor({
    is,
    stream,
    origin,
  }: Pick<Extract<SnapshotLine, { is: "account" | "noted" }>, "is" | "stream" | "origin">): Account {
    return is === "noted" ? this.#notedOf(stream, origin) : this.ledger.account(stream, origin);
  }

  isHeld(kind: StreamKind, { origin, incarnation, firstSeq, records }: Batch): boolean {
    return this.ledger.holds(kind, origin, incarnation, firstSeq, records.length);
  }

  /** Records whose effect is known here, though this machine's NATS does not hold them. */
  unheld(kind: StreamKind, origin: string): number {
    return this.#notedOf(kind, origin).without(this.ledger.account(kind, origin)).count;
  }

  /** From now on those are missed by nobody. @returns how many they are */
  settleUnheld(kind: StreamKind, origin: string): number {
    return this.ledger.settleKnown(kind, origin, this.#notedOf(kind, origin));
  }

  /** A batch that this machine's NATS holds. */
  take(kind: StreamKind, batch: Batch): void {
    const { origin, incarnation, firstSeq, records } = batch;
    if (this.ledger.hold(kind, origin, incarnation, firstSeq, records.length) > 0) this.foldAll(kind, batch);
  }

  /** Folding a record a second time changes nothing, so one that was spooled may come again when it is stored. */
  foldAll(kind: StreamKind, batch: Batch): void {
    const changed: string[] = [];
    const { origin, incarnation, firstSeq, records } = batch;
    const isNew = this.#notedOf(kind, origin).hold(incarnation, firstSeq, records.length) > 0;
    for (const record of records) {
      if (record.kind === "push" && isNew) this.clients.note(record, origin);
      this.#see(record.at);
      if (record.kind === "push") changed.push(...this.#applied(record, batch));
      else if (record.kind === "health") this.#remember(record);
      else this.#noteAlert(record, batch);
    }
    if (changed.length > 0) this.#options.onGroups(changed);
    if (kind === "alerts") this.#options.onAlerts?.(batch);
  }

  /** What a snapshot says first, of one moment: what the streams hold. */
  *head(): Iterable<SnapshotLine> {
    for (const stream of streamKinds) {
      for (const origin of this.#origins())
        yield { is: "account", stream, origin, ...this.ledger.account(stream, origin).dump() };
    }
  }

  /**
   * The rest of a snapshot. While the groups are gone through, further records are folded, so that the end of it may know more
   * than its beginning: a reader that then reads those records again notes none of them twice.
   */
  async *body(): AsyncIterable<SnapshotLine> {
    let groups = 0;
    for (const { key: _key, ...dump } of this.#options.fold.dumps()) {
      yield { is: "group", ...dump };
      groups++;
      if (groups % groupsPerPause === 0) await new Promise(setImmediate);
    }
    yield* [...this.#tail()];
  }

  /** @returns an account of what the streams of that snapshot's machine held, which only the caller can judge */
  takeLine(line: SnapshotLine): { stream: StreamKind; origin: string; account: Account } | undefined {
    switch (line.is) {
      case "account":
        return { stream: line.stream, origin: line.origin, account: Account.of(line) };
      case "group": {
        const changed = this.#options.fold.merge(line);
        if (changed.length > 0) this.#options.onGroups(changed);
        return undefined;
      }
      case "noted":
        this.#notedOf(line.stream, line.origin).include(Account.of(line));
        return undefined;
      case "client":
        this.clients.merge(line);
        return undefined;
      case "unnumbered":
        this.clients.mergeUnnumbered(line.origin, line.count);
        return undefined;
      case "health":
        this.#remember(line.change);
        return undefined;
      case "alert":
        this.#noteAlert(line.alert, undefined);
        return undefined;
      case "clock":
        this.#see(line.now);
        return undefined;
    }
  }

  *#tail(): Iterable<SnapshotLine> {
    for (const stream of streamKinds) {
      for (const origin of this.#origins())
        yield { is: "noted", stream, origin, ...this.#notedOf(stream, origin).dump() };
    }
    for (const client of this.clients.dumps()) yield { is: "client", ...client };
    for (const [origin, count] of Object.entries(this.clients.unnumbered())) yield { is: "unnumbered", origin, count };
    for (const change of this.#lastHealth.values()) yield { is: "health", change };
    for (const { sinceMs: _, ...alert } of this.alerts.list()) yield { is: "alert", alert };
    yield { is: "clock", now: this.clock.now };
  }

  /** A stamp of a clock that was wrong, this machine's own among them, is not to be followed by all later ones. */
  #see(at: Hlc): void {
    if (!isAhead(at, this.clock.wallMs())) this.clock.now = mergeHlc(this.clock.now, at);
  }

  #origins(): string[] {
    return [this.#options.self, this.#options.peer];
  }

  #notedOf(kind: StreamKind, origin: string): Account {
    const key = streamKey(kind, origin);
    let account = this.#noted.get(key);
    if (account === undefined) {
      account = new Account();
      this.#noted.set(key, account);
    }
    return account;
  }

  #noteAlert(alert: Alert, batch: Batch | undefined): void {
    if (this.alerts.note(alert)) this.#options.onAlert?.(alert, batch);
    else this.#options.refused.count("subject");
  }

  #remember(change: HealthChange): void {
    const id = `${change.machine}/${change.agent}`;
    const before = this.#lastHealth.get(id);
    const isOdd = before === undefined && (this.#lastHealth.size >= maxAgents || id.length > maxIdChars);
    if (isOdd) this.#options.refused.count("subject");
    else if (before === undefined || compareHlc(before.at, change.at) <= 0) this.#lastHealth.set(id, change);
  }

  /** One record that cannot be folded must not keep the hub from starting: it is stored, said so, and passed over. */
  #applied(record: Push, { origin, incarnation, firstSeq }: Batch): string[] {
    const { peer, fold, log, refused } = this.#options;
    try {
      const { outcome, changed } = fold.apply(record, origin);
      if (outcome === "unreadable" && origin === peer) refused.count("batch");
      return changed;
    } catch (error) {
      const group = groupKey(record.group);
      log.error("records.unfoldable", { origin, incarnation, firstSeq, group, error: messageOf(error) });
      if (origin === peer) refused.count("batch");
      return [];
    }
  }
}
