/** One file of the spool: appended to with an fdatasync, cut back when that fails, read from where it was read last. */
import { type FileHandle, open, readFile, truncate, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { StreamKind } from "../core/record.ts";
import { type Damage, type Frame, type Scan, scanFrames } from "./spool-frames.ts";

type Counts = Record<StreamKind, number>;

export class SpoolSegment {
  readonly path: string;
  /** Bytes that are surely on the disk; what may lie behind them counts as not there. */
  length = 0;
  /** Bytes of which no frame of that stream waits any more: the frames of one stream are taken in their order. */
  readonly readOffsets: Counts = noRecords();
  /** Records that were not taken yet. */
  readonly records: Counts = noRecords();
  #writer: FileHandle | undefined;
  /** Damage that was told already. */
  readonly #told = new Set<number>();

  constructor(path: string) {
    this.path = path;
  }

  /** Makes the file, and sees to it that a power loss does not take its name away again. */
  static async create(path: string): Promise<SpoolSegment> {
    const segment = new SpoolSegment(path);
    segment.#writer = await open(path, "wx", 0o600);
    await syncDirectory(dirname(path));
    return segment;
  }

  /** Whether it is being written to. */
  get isOpen(): boolean {
    return this.#writer !== undefined;
  }

  get isRead(): boolean {
    return !this.mayHold(StreamKind.options);
  }

  /**
   * Whether a frame of one of these streams waits in it, or may do, since nobody has looked yet.
   * @param before bytes of the file that count
   */
  mayHold(kinds: readonly StreamKind[], before = this.length): boolean {
    return kinds.some((kind) => this.readOffsets[kind] < before);
  }

  /** All of it is on the disk, or nothing of it is left; rejects in the second case. */
  async append(bytes: Buffer): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) throw new Error(`${this.path} is not open`);
    try {
      for (let written = 0; written < bytes.length; ) {
        written += (await writer.write(bytes, written, undefined, this.length + written)).bytesWritten;
      }
      await writer.datasync();
    } catch (error) {
      // After a failed sync the kernel may take pages for written that are not: this file is not appended to any more.
      await writer.truncate(this.length).catch(() => {});
      await this.close();
      throw error;
    }
    this.length += bytes.length;
  }

  /** Looks through a file of an earlier process and cuts off what a torn write has left at its end. */
  async recover(): Promise<Scan> {
    const bytes = await readFile(this.path);
    const scan = scanFrames(bytes);
    this.length = scan.tail.offset;
    if (scan.tail.bytes > 0) await truncate(this.path, this.length);
    for (const { kind, records } of scan.frames) this.records[kind] += records;
    return scan;
  }

  /**
   * Frames of these streams that wait, up to where the file ended when it was asked; `untold` is damage that no earlier call
   * has named.
   */
  async read(
    kinds: readonly StreamKind[] = StreamKind.options,
  ): Promise<{ frames: Frame[]; untold: Damage[]; endOffset: number }> {
    const endOffset = this.length;
    const offset = Math.min(...kinds.map((kind) => this.readOffsets[kind]));
    const bytes = await readRange(this.path, offset, endOffset);
    const { frames, damages, tail } = scanFrames(bytes, offset);
    const all = tail.bytes > 0 ? [...damages, tail] : damages;
    const untold = all.filter((damage) => !this.#told.has(damage.offset));
    this.noteTold(all);
    const waits = ({ kind, endOffset: end }: Frame) => kinds.includes(kind) && end > this.readOffsets[kind];
    return { frames: frames.filter(waits), untold, endOffset };
  }

  noteTold(damages: readonly Damage[]): void {
    for (const { offset } of damages) this.#told.add(offset);
  }

  async close(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.close().catch(() => {});
  }

  async remove(): Promise<void> {
    await this.close();
    await unlink(this.path);
  }
}

export const noRecords = (): Counts => Object.fromEntries(StreamKind.options.map((kind) => [kind, 0])) as Counts; // all keys are there

/** As far as the file has it. */
export async function readRange(path: string, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  const file = await open(path, "r");
  try {
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
