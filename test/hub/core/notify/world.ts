/** A pair's notifications in a small virtual world: two books, records that are copied, reports, channels that fail, crashes and cuts. */
import { type BookChannel, BookDump, NotifyBook } from "../../../../hub/core/notify/book.ts";
import type { NotedAlert } from "../../../../hub/core/notify/episodes.ts";
import type { Notice } from "../../../../hub/core/notify/notice.ts";
import { attemptMs } from "../../../../hub/core/notify/turns.ts";

export const machines = ["mainpc", "pc2"] as const;
export type MachineName = (typeof machines)[number];
export const channels: BookChannel[] = [
  { name: "phone", atLeast: "urgent" },
  { name: "mail", atLeast: "warning" },
];

const stepMs = 250;
const detectMs = 500;
const reportMs = 1_000;
const copyMs = 50;
const restartMs = 3_000;

/** As the newest record has it. */
function isOpen(records: readonly NotedAlert[], subject: string): boolean {
  const [newest] = records
    .filter((each) => each.subject === subject)
    .toSorted((a, b) => b.at.wallMs - a.at.wallMs || b.at.counter - a.at.counter);
  return newest !== undefined && newest.severity !== "resolved";
}

/** What a channel was told by whom. */
export interface Heard {
  channel: string;
  by: MachineName;
  notice: Notice;
  atMs: number;
}

interface Attempt {
  channel: BookChannel;
  notice: Notice;
  endsAtMs: number;
  succeeds: boolean;
}

interface Side {
  name: MachineName;
  book: NotifyBook;
  /** On its disk: records of both machines as far as it holds them, and what the book wrote last. */
  records: (NotedAlert & { heldAtMs: number })[];
  copied: Set<NotedAlert>;
  file: string;
  keptRevision: number;
  upAtMs: number | undefined;
  /** When the two stopped hearing each other, as it sees it. */
  cutSinceMs: number | undefined;
  peer: { channels: string[]; saidAtMs: number | undefined };
  attempts: Map<string, Attempt>;
  retryAtMs: Map<string, number>;
  offsetMs: number;
}

export interface WorldPlan {
  /** Whether a channel takes what a machine tells it now, and how long that takes, ms. */
  attempt(channel: string, by: MachineName, nowMs: number): { succeeds: boolean; tookMs: number };
  /** By how much the clock of pc2 is before that of mainpc, ms. */
  skewMs: number;
}

export class World {
  readonly heard: Heard[] = [];
  readonly #sides: Record<MachineName, Side>;
  readonly #plan: WorldPlan;
  #isCut = false;
  #counter = 0;
  nowMs = 1_700_000_000_000;

  constructor(plan: WorldPlan) {
    this.#plan = plan;
    this.#sides = { mainpc: this.#side("mainpc", 0), pc2: this.#side("pc2", plan.skewMs) };
  }

  /** @returns whether it is stored: a hub that is down stores nothing */
  say(by: MachineName, subject: string, severity: NotedAlert["severity"]): boolean {
    const side = this.#sides[by];
    if (side.upAtMs === undefined || this.nowMs < side.upAtMs) return false;
    const at = { wallMs: this.nowMs + side.offsetMs, counter: this.#counter++ };
    const alert = { at, severity, name: "nats-lost", subject, message: "", origin: by };
    side.records.push({ ...alert, heldAtMs: this.nowMs });
    side.book.note(alert, "made", this.nowMs);
    this.#keep(side);
    return true;
  }

  crash(name: MachineName): void {
    const side = this.#sides[name];
    side.upAtMs = undefined;
    // The other side may have taken what was under way; nobody here will know.
    for (const { channel, notice, succeeds } of side.attempts.values())
      if (succeeds && this.#counter % 2 === 0) this.#hear(side, channel.name, notice);
    side.attempts.clear();
  }

  restart(name: MachineName): void {
    const side = this.#sides[name];
    if (side.upAtMs !== undefined) return;
    side.upAtMs = this.nowMs + restartMs;
    side.book = new NotifyBook(
      { self: name, machines, channels },
      side.file === "" ? undefined : BookDump.parse(JSON.parse(side.file)),
      this.nowMs,
    );
    for (const record of side.records) side.book.note(record, "read", this.nowMs);
    side.book.begin(this.nowMs + side.offsetMs, this.nowMs, (_, subject) => isOpen(side.records, subject));
    side.keptRevision = -1;
    side.peer = { channels: [], saidAtMs: undefined };
    side.cutSinceMs = undefined;
    side.retryAtMs.clear();
  }

  cut(isCut: boolean): void {
    this.#isCut = isCut;
  }

  run(ms: number): void {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; this.nowMs += stepMs) this.#step();
  }

  get books(): NotifyBook[] {
    return machines.map((name) => this.#sides[name].book);
  }

  #side(name: MachineName, offsetMs: number): Side {
    const book = new NotifyBook({ self: name, machines, channels }, undefined, this.nowMs);
    const peer = { channels: channels.map((channel) => channel.name), saidAtMs: this.nowMs };
    return {
      name,
      book,
      records: [],
      copied: new Set(),
      file: "",
      keptRevision: 0,
      upAtMs: this.nowMs,
      cutSinceMs: undefined,
      peer,
      attempts: new Map(),
      retryAtMs: new Map(),
      offsetMs,
    };
  }

  #step(): void {
    const isUp = ({ upAtMs }: Side) => upAtMs !== undefined && this.nowMs >= upAtMs;
    for (const name of machines) {
      const side = this.#sides[name];
      const peer = this.#sides[name === "mainpc" ? "pc2" : "mainpc"];
      if (!isUp(side)) continue;
      const isLinked = !this.#isCut && isUp(peer);
      side.cutSinceMs = isLinked ? undefined : (side.cutSinceMs ?? this.nowMs);
      // NATS is another process: it gives its records out while its hub is dead.
      if (!this.#isCut) this.#copy(side, peer);
      if (isLinked && this.nowMs % reportMs === 0) this.#report(peer, side);
      this.#look(side);
    }
  }

  #copy(side: Side, from: Side): void {
    for (const record of from.records) {
      if (record.origin !== from.name || this.nowMs - record.heldAtMs < copyMs || side.copied.has(record)) continue;
      side.copied.add(record);
      side.records.push({ ...record, heldAtMs: this.nowMs });
      side.book.note(record, "heard", this.nowMs);
    }
    this.#keep(side);
  }

  #report(from: Side, to: Side): void {
    to.book.heard(from.book.words(this.nowMs + from.offsetMs));
    to.peer = { channels: channels.map(({ name }) => name), saidAtMs: this.nowMs };
    this.#keep(to);
  }

  #look(side: Side): void {
    const cutForMs = side.cutSinceMs === undefined ? -1 : this.nowMs - side.cutSinceMs - detectMs;
    const sight = {
      nowMs: this.nowMs + side.offsetMs,
      clockMs: this.nowMs,
      peer: { ...side.peer, cutForMs: cutForMs < 0 ? undefined : cutForMs },
      isQuiet: () => false,
    };
    side.book.tick(sight);
    for (const channel of channels) {
      const attempt = side.attempts.get(channel.name);
      if (attempt !== undefined) {
        if (this.nowMs < attempt.endsAtMs) continue;
        side.attempts.delete(channel.name);
        if (attempt.succeeds) this.#told(side, attempt);
        else side.retryAtMs.set(channel.name, this.nowMs + 5_000);
      }
      if (this.nowMs < (side.retryAtMs.get(channel.name) ?? 0)) continue;
      const [notice] = side.book.candidates(channel, sight);
      if (notice === undefined) continue;
      const { succeeds, tookMs } = this.#plan.attempt(channel.name, side.name, this.nowMs);
      const endsAtMs = this.nowMs + Math.min(tookMs, attemptMs);
      side.attempts.set(channel.name, { channel, notice, endsAtMs, succeeds: succeeds && tookMs <= attemptMs });
    }
    this.#keep(side);
  }

  #told(side: Side, { channel, notice }: Attempt): void {
    this.#hear(side, channel.name, notice);
    side.book.told(notice.id, channel.name, this.nowMs + side.offsetMs);
    this.#keep(side);
    const peer = this.#sides[side.name === "mainpc" ? "pc2" : "mainpc"];
    const isUp = peer.upAtMs !== undefined && this.nowMs >= peer.upAtMs;
    // As the hub does: it says so at once.
    if (!this.#isCut && isUp) this.#report(side, peer);
  }

  #hear(side: Side, channel: string, notice: Notice): void {
    this.heard.push({ channel, by: side.name, notice: { ...notice }, atMs: this.nowMs });
  }

  #keep(side: Side): void {
    if (side.book.revision === side.keptRevision) return;
    side.keptRevision = side.book.revision;
    side.file = JSON.stringify(side.book.dump());
  }
}
