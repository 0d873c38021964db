/**
 * A bounded append-only store on this machine's disk for records that NATS cannot take. What is appended at the same time
 * shares one fdatasync; what was appended is there after any crash, in its order, until it is taken out. Each stream's
 * records are taken out in their order, which says nothing of another stream's.
 */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Rate } from "../core/rate.ts";
import { StreamKind } from "../core/record.ts";
import { type Log, messageOf } from "./log.ts";
import { encodeFrame, type Frame } from "./spool-frames.ts";
import { SpoolSegment } from "./spool-segment.ts";

export interface SpoolOptions {
  /** Directory, made when missing; one hub's alone. @example "/data/spool" */
  path: string;
  /** Most bytes that its files may take together. */
  maxBytes: number;
  /** Bytes from which a file is followed by a new one; a file is deleted when all of it was taken. @default 16 MiB */
  segmentBytes?: number;
  log: Log;
  wallMs(): number;
}

export type SpoolOutcome =
  | { kind: "spooled" }
  /** The bound or the disk is reached: nothing of it was stored. */
  | { kind: "full"; reason: string }
  | { kind: "unavailable"; reason: string };

interface Appending {
  frame: Buffer;
  kind: StreamKind;
  records: number;
  settle(outcome: SpoolOutcome): void;
}

/** Frames of one stream that wait in one file and were read. */
interface Ahead {
  segment: SpoolSegment;
  frames: Frame[];
  /** Bytes of the file of which no other frame of the stream waits. */
  endOffset: number;
}

const extension = ".frames";
const defaultSegmentBytes = 16 * 1024 * 1024;
const fullCodes = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

export class Spool {
  readonly #options: SpoolOptions;
  /** Oldest first; the last one may be open. */
  readonly #segments: SpoolSegment[] = [];
  readonly #queue: Appending[] = [];
  readonly #ahead = new Map<StreamKind, Ahead>();
  #nextIndex = 1;
  /** Appends and deletions of files go one after the other. */
  #tail: Promise<unknown> = Promise.resolve();
  #writing: readonly StreamKind[] = [];
  #wake = () => {};
  readonly #rate = new Rate();
  /** Stretches of files that could not be read, since the start. */
  damages = 0;

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** Finds what an earlier process has left. Rejects when the directory cannot be written to. */
  async open(): Promise<void> {
    const { path, log } = this.#options;
    await mkdir(path, { recursive: true, mode: 0o700 });
    const names = (await readdir(path)).filter((name) => name.endsWith(extension)).sort();
    for (const name of names) {
      const segment = new SpoolSegment(join(path, name));
      const { damages, tail, tailIsWhole } = await segment.recover();
      for (const damage of damages) this.#tellDamage(segment, damage);
      segment.noteTold(damages);
      if (tail.bytes > 0) log.warn("spool.torn_tail_cut", { path: segment.path, ...tail });
      if (tailIsWhole) this.damages++;
      this.#segments.push(segment);
      this.#nextIndex = Math.max(this.#nextIndex, Number.parseInt(name, 10) + 1);
    }
    // Also the proof that this directory can be written to, before anyone relies on it.
    this.#segments.push(await this.#create());
    if (!this.isEmpty) log.warn("spool.found", { bytes: this.bytes, records: this.records() });
  }

  /** Whether nothing waits in it, what is being appended included. */
  get isEmpty(): boolean {
    return this.#queue.length === 0 && this.#writing.length === 0 && this.#segments.every((segment) => segment.isRead);
  }

  /** As `isEmpty`, of one stream. */
  isEmptyOf(kind: StreamKind): boolean {
    const comes = this.#writing.includes(kind) || this.#queue.some((each) => each.kind === kind);
    return !comes && this.records(kind) === 0;
  }

  /** Size of its files. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.length, 0);
  }

  get maxBytes(): number {
    return this.#options.maxBytes;
  }

  /** Age of the oldest record that waits, s; 0 when none does. */
  get oldestSeconds(): number {
    const times = [...this.#ahead.values()].flatMap(({ frames: [oldest] }) => (oldest ? [oldest.atMs] : []));
    return times.length === 0 ? 0 : Math.max(0, (this.#options.wallMs() - Math.min(...times)) / 1_000);
  }

  /** For how long it would take what comes at present, s; infinite when nothing comes. */
  get secondsLeft(): number {
    return Math.max(0, this.maxBytes - this.bytes) / this.#rate.perSecond(performance.now());
  }

  /** Notes what was stored here or elsewhere: so much would come here were NATS down. */
  note(bytes: number): void {
    this.#rate.add(bytes, performance.now());
  }

  /** Records that wait, of one stream or of all. */
  records(kind?: StreamKind): number {
    const kinds = kind === undefined ? StreamKind.options : [kind];
    return this.#segments.reduce((sum, { records }) => sum + kinds.reduce((all, each) => all + records[each], 0), 0);
  }

  append(kind: StreamKind, records: number, payload: Buffer): Promise<SpoolOutcome> {
    const { maxBytes, wallMs } = this.#options;
    const frame = encodeFrame(kind, records, wallMs(), payload);
    const waiting = this.#queue.reduce((sum, each) => sum + each.frame.length, 0);
    if (this.bytes + waiting + frame.length > maxBytes) {
      const reason = `the spool of this machine is at its limit of ${maxBytes} bytes`;
      return Promise.resolve({ kind: "full", reason });
    }
    return new Promise((settle) => {
      this.#queue.push({ frame, kind, records, settle });
      if (this.#queue.length === 1) void this.#alone(() => this.#write());
    });
  }

  /**
   * The oldest frame that was not taken; undefined when there is none.
   * @param but streams whose frames are passed over
   */
  async first(but: ReadonlySet<StreamKind> = new Set()): Promise<Frame | undefined> {
    const kinds = StreamKind.options.filter((kind) => !but.has(kind));
    // Reading takes a while, in which one that is read may be deleted.
    for (const segment of [...this.#segments]) {
      const known = this.#oldestIn(segment, kinds);
      await this.#lookInto(segment, kinds, known?.endOffset);
      const oldest = this.#oldestIn(segment, kinds);
      if (oldest !== undefined) return oldest;
    }
    return undefined;
  }

  /** Takes out a frame that `first` gave; its file goes when nothing in it waits any more. */
  async take({ kind }: Frame): Promise<void> {
    const ahead = this.#ahead.get(kind);
    const frame = ahead?.frames.shift();
    if (ahead === undefined || frame === undefined) return;
    const { segment, frames, endOffset } = ahead;
    segment.readOffsets[kind] = frames.length === 0 ? endOffset : frame.endOffset;
    segment.records[kind] -= frame.records;
    if (frames.length === 0) this.#ahead.delete(kind);
    if (segment.isRead) await this.#alone(() => this.#removeRead());
  }

  /** All frames that wait, oldest first; they stay. */
  async *frames(): AsyncGenerator<Frame> {
    for (const segment of this.#segments) if (!segment.isRead) yield* (await segment.read()).frames;
  }

  /**
   * Resolves when something can be read, or `wake` is called; for one caller at a time.
   * @param but streams that are not waited for
   */
  appended(but: ReadonlySet<StreamKind> = new Set()): Promise<void> {
    const kinds = StreamKind.options.filter((kind) => !but.has(kind));
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#segments.some((segment) => segment.mayHold(kinds))) resolve();
    });
  }

  wake(): void {
    this.#wake();
  }

  async close(): Promise<void> {
    await this.#alone(async () => {
      for (const segment of this.#segments) await segment.close();
    });
  }

  /** Of what was read. */
  #oldestIn(segment: SpoolSegment, kinds: readonly StreamKind[]): Frame | undefined {
    let oldest: Frame | undefined;
    for (const kind of kinds) {
      const ahead = this.#ahead.get(kind);
      const head = ahead?.segment === segment ? ahead.frames[0] : undefined;
      if (head !== undefined && head.endOffset < (oldest?.endOffset ?? Number.POSITIVE_INFINITY)) oldest = head;
    }
    return oldest;
  }

  /** Reads what waits in a file of those streams of which nothing is known to wait, as far as it may lie before that place. */
  async #lookInto(segment: SpoolSegment, all: readonly StreamKind[], before?: number): Promise<void> {
    const kinds = all.filter((kind) => !this.#ahead.has(kind) && segment.mayHold([kind], before));
    if (kinds.length === 0) return;
    const { frames, untold, endOffset } = await segment.read(kinds);
    for (const damage of untold) this.#tellDamage(segment, damage);
    for (const kind of kinds) {
      const own = frames.filter((frame) => frame.kind === kind);
      if (own.length > 0) this.#ahead.set(kind, { segment, frames: own, endOffset });
      else segment.readOffsets[kind] = endOffset;
    }
    // Nothing in it can be read.
    if (segment.isRead) await this.#alone(() => this.#removeRead());
  }

  /** Writes all that waits as one; all of it is there afterwards, or none. */
  async #write(): Promise<void> {
    const taken = this.#queue.splice(0);
    this.#writing = taken.map(({ kind }) => kind);
    let outcome: SpoolOutcome = { kind: "spooled" };
    try {
      const segment = await this.#writable();
      await segment.append(Buffer.concat(taken.map(({ frame }) => frame)));
      for (const { kind, records } of taken) segment.records[kind] += records;
    } catch (error) {
      outcome = this.#failed(error);
      // A full disk would otherwise collect an empty file with each try.
      await this.#removeRead();
    } finally {
      this.#writing = [];
    }
    for (const { settle } of taken) settle(outcome);
    this.#wake();
  }

  async #writable(): Promise<SpoolSegment> {
    const last = this.#segments.at(-1);
    if (last?.isOpen && last.length < (this.#options.segmentBytes ?? defaultSegmentBytes)) return last;
    await last?.close();
    const made = await this.#create();
    this.#segments.push(made);
    return made;
  }

  #create(): Promise<SpoolSegment> {
    const name = `${String(this.#nextIndex++).padStart(10, "0")}${extension}`;
    return SpoolSegment.create(join(this.#options.path, name));
  }

  #failed(error: unknown): SpoolOutcome {
    const reason = `cannot append to the spool in ${this.#options.path}: ${messageOf(error)}`;
    this.#options.log.error("spool.append_failed", { error: messageOf(error) });
    const { code } = error as NodeJS.ErrnoException; // errors of fs carry one
    return { kind: fullCodes.has(code ?? "") ? "full" : "unavailable", reason };
  }

  async #removeRead(): Promise<void> {
    for (const segment of this.#segments.filter((each) => each.isRead)) {
      try {
        await segment.remove();
      } catch (error) {
        this.#options.log.warn("spool.file_stays", { path: segment.path, error: messageOf(error) });
      }
      this.#segments.splice(this.#segments.indexOf(segment), 1);
    }
  }

  #tellDamage({ path }: SpoolSegment, damage: { offset: number; bytes: number }): void {
    this.damages++;
    this.#options.log.error("spool.damaged", { path, ...damage });
  }

  #alone(work: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => {});
    return done;
  }
}
