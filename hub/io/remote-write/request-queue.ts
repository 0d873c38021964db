/** Keeps requests on this machine's disk until every target has them: bounded, the oldest file goes first, and whole after any crash. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Backlog, type QueuedRequest, requestKinds, type Span } from "../../core/remote-write/backlog.ts";
import { type Log, messageOf } from "../log.ts";
import { encodeFrame, frameHeaderBytes, scanFrames } from "../spool-frames.ts";
import { readRange, SpoolSegment } from "../spool-segment.ts";
import { StateFile } from "../state-file.ts";

export interface RequestQueueOptions {
  /** Directory, made when missing; one hub's alone. */
  path: string;
  maxBytes: number;
  /** Between two samplings, ms. */
  everyMs: number;
  /** Names. */
  targets: readonly string[];
  /** The oldest went, and the target had not got so many samples of it. */
  onDropped(target: string, samples: number): void;
  log: Log;
}

/** A request to be kept: ready to be sent, but for a byte of our own before it. */
export type NewRequest = Pick<QueuedRequest, "samples" | "atMs" | "kind"> & { body: Uint8Array };

const Positions = z.object({
  v: z.literal(1),
  targets: z.record(z.string(), z.object({ segment: z.number().int(), offset: z.number().int() })),
});

const extension = ".frames";
const keepEveryMs = 5_000;
/** A file goes as a whole, so it is a small part of all. */
const segmentsAtLeast = 16;
const segmentBytesAtMost = 8 * 1024 ** 2;

export class RequestQueue {
  readonly #options: RequestQueueOptions;
  readonly #backlog: Backlog;
  readonly #positions: StateFile<z.infer<typeof Positions>>;
  /** Oldest first, by the index in their names. */
  readonly #segments = new Map<number, SpoolSegment>();
  #open: number | undefined;
  #nextIndex = 1;
  #timer: NodeJS.Timeout | undefined;
  #moved = false;
  #complaint = "";
  /** Appends and deletions of files go one after the other. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: RequestQueueOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options.targets, options.everyMs);
    this.#positions = new StateFile(join(options.path, "positions.json"), Positions);
  }

  /** Finds what an earlier process has left. Rejects when the directory cannot be had. */
  async open(): Promise<void> {
    const { path, targets, log } = this.#options;
    await mkdir(path, { recursive: true, mode: 0o700 });
    const names = (await readdir(path)).filter((name) => name.endsWith(extension)).sort();
    for (const name of names) await this.#recover(Number.parseInt(name, 10), join(path, name));
    try {
      const kept = (await this.#positions.read())?.targets ?? {};
      for (const { segment } of Object.values(kept)) this.#nextIndex = Math.max(this.#nextIndex, segment + 1);
      for (const target of targets) if (kept[target] !== undefined) this.#backlog.resume(target, kept[target]);
    } catch (error) {
      // All is sent again from the oldest on, which does no harm.
      log.warn("remote_write.positions_unread", { error: messageOf(error) });
    }
    await this.#alone(() => this.#tidy());
    this.#timer = setInterval(() => void this.#keep(), keepEveryMs);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#keep();
    // One that was under way already.
    await this.#positions.idle();
    await this.#alone(() => this.#closeOpen());
  }

  /** Size of its files. */
  get bytes(): number {
    return [...this.#segments.values()].reduce((sum, { length }) => sum + length, 0);
  }

  next(target: string): QueuedRequest | undefined {
    return this.#backlog.next(target);
  }

  sent(target: string): Span | undefined {
    return this.#backlog.sent(target);
  }

  pass(target: string, request: QueuedRequest, sent: boolean): void {
    this.#backlog.pass(target, request, sent);
    this.#moved = true;
    // In a quiet time a killed hub has nothing to send again.
    if (this.next(target) === undefined) void this.#keep();
  }

  /** All of them are kept with one fdatasync, or none; rejects in the second case. */
  append(requests: readonly NewRequest[]): Promise<void> {
    return this.#alone(() => this.#append(requests));
  }

  /**
   * What is to be sent; undefined when the disk gives back something else than was written, or its file went meanwhile.
   * Rejects when it cannot be read now, such as without a free descriptor.
   */
  async read({ segment, start, end }: QueuedRequest): Promise<Uint8Array | undefined> {
    const path = this.#segments.get(segment)?.path;
    const bytes =
      path === undefined
        ? undefined
        : await readRange(path, start, end).catch((error: NodeJS.ErrnoException) => {
            if (error.code === "ENOENT") return undefined;
            throw error;
          });
    return bytes && scanFrames(bytes).frames[0]?.payload.subarray(1);
  }

  async #append(requests: readonly NewRequest[]): Promise<void> {
    const { maxBytes } = this.#options;
    const frames = requests.map(({ samples, atMs, body, kind }) =>
      encodeFrame("metrics", samples, atMs, Buffer.concat([Uint8Array.of(requestKinds.indexOf(kind)), body])),
    );
    const bytes = Buffer.concat(frames);
    if (bytes.length > maxBytes) throw new Error(`one sampling takes ${bytes.length} bytes, the queue ${maxBytes}`);
    while (this.bytes + bytes.length > maxBytes) await this.#dropOldest();
    const [index, segment] = await this.#writable();
    let start = segment.length;
    try {
      await segment.append(bytes);
    } catch (error) {
      this.#open = undefined;
      if (segment.length === 0) await this.#remove(index);
      throw error;
    }
    for (const [i, { samples, atMs, kind }] of requests.entries()) {
      const end = start + (frames[i]?.length ?? 0);
      this.#backlog.add({ segment: index, start, end, samples, atMs, kind });
      start = end;
    }
  }

  async #writable(): Promise<[number, SpoolSegment]> {
    const { path, maxBytes } = this.#options;
    const open = this.#open === undefined ? undefined : this.#segments.get(this.#open);
    if (this.#open !== undefined && open !== undefined) {
      if (open.length < Math.min(segmentBytesAtMost, maxBytes / segmentsAtLeast)) return [this.#open, open];
      await this.#closeOpen();
    }
    const index = this.#nextIndex++;
    const segment = await SpoolSegment.create(join(path, `${String(index).padStart(12, "0")}${extension}`));
    this.#segments.set(index, segment);
    this.#open = index;
    return [index, segment];
  }

  async #closeOpen(): Promise<void> {
    if (this.#open !== undefined) await this.#segments.get(this.#open)?.close();
    this.#open = undefined;
  }

  async #dropOldest(): Promise<void> {
    const [oldest] = this.#segments;
    if (oldest === undefined) return;
    const [index] = oldest;
    if (index === this.#open) this.#open = undefined;
    const isQueued = this.#backlog.oldestSegment === index;
    const lost = isQueued ? this.#backlog.dropSegment() : [];
    await this.#remove(index);
    for (const [target, samples] of lost) if (samples > 0) this.#options.onDropped(target, samples);
  }

  async #remove(index: number): Promise<void> {
    const segment = this.#segments.get(index);
    this.#segments.delete(index);
    // One that stays is found at the next start.
    await segment?.remove().catch((error: unknown) => {
      this.#options.log.warn("remote_write.file_stays", { error: messageOf(error) });
    });
  }

  /** Writes down how far each target is, and lets go what all of them have. */
  async #keep(): Promise<void> {
    if (!this.#moved) return;
    this.#moved = false;
    const { targets, log } = this.#options;
    const positions = Object.fromEntries(targets.map((target) => [target, this.#backlog.position(target)]));
    try {
      await this.#positions.write({ v: 1, targets: positions });
      this.#complaint = "";
    } catch (error) {
      this.#moved = true;
      const message = messageOf(error);
      if (message !== this.#complaint) log.warn("remote_write.positions_unkept", { error: message });
      this.#complaint = message;
    }
    await this.#alone(() => this.#tidy());
  }

  async #tidy(): Promise<void> {
    for (;;) {
      const index = this.#backlog.passedSegment(this.#open);
      if (index === undefined) return;
      this.#backlog.dropSegment();
      await this.#remove(index);
    }
  }

  async #recover(index: number, path: string): Promise<void> {
    const { log } = this.#options;
    const segment = new SpoolSegment(path);
    const { frames, damages, tail } = await segment.recover();
    for (const damage of damages) log.warn("remote_write.damaged", { path, ...damage });
    if (tail.bytes > 0) log.warn("remote_write.torn_tail_cut", { path, ...tail });
    this.#nextIndex = Math.max(this.#nextIndex, index + 1);
    this.#segments.set(index, segment);
    if (frames.length === 0) return await this.#remove(index);
    for (const { records, atMs, payload, endOffset } of frames) {
      const start = endOffset - payload.length - frameHeaderBytes;
      const kind = requestKinds[payload[0] ?? 0] ?? "own";
      this.#backlog.add({ segment: index, start, end: endOffset, samples: records, atMs, kind });
    }
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => {});
    return done;
  }
}
