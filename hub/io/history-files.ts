/** Keeps the history over a restart: a line a minute, and now and then one that says which agents its cells are of. */
import { crc32 } from "node:zlib";
import { z } from "zod";
import { cellBytes, readCell, writeCell } from "../core/history/agent-cells.ts";
import { type HistoryRing, keptMinutes, type MinuteRow } from "../core/history/ring.ts";
import type { Sample } from "../core/history/series.ts";
import type { Log } from "./log.ts";
import { MinuteLog } from "./minute-log.ts";

const Value = z.number().nullable().default(null);
const SampleValues = z.object({
  pushes: Value,
  uncopied: Value,
  lag: Value,
  unhealthy: Value,
  degraded: Value,
  series: Value,
  buffer: Value,
}) satisfies z.ZodType<Sample>;
const Whole = z.number().int().nonnegative();
/** Ids that follow in the cells of lines of the same name. */
const IdsLine = z.object({ name: z.string(), ids: z.array(z.string()) });
/** Cells in base64. */
export const PackedRow = z.object({
  minute: Whole,
  sample: SampleValues,
  /** Of the ids. */
  name: z.string(),
  agents: z.base64(),
  /** The peer's hub saw it. */
  isPeers: z.literal(true).optional(),
});
export type PackedRow = z.infer<typeof PackedRow>;

const fileMs = 6 * 3_600_000;
/** 25 hours, the file that is begun, and one for a clock that was wrong. */
const maxFiles = 7;
/** Six hours of 1,000 agents take 1.5 MB, and all 25 that come from the peer at once 6 MB. */
const maxFileBytes = 32 * 1024 * 1024;
/** The ids are said so often again, ms: where they cannot be read, no more is lost. */
const idsEveryMs = 3_600_000;

export class HistoryFiles {
  readonly #log: MinuteLog;
  readonly #ids: readonly string[];
  readonly #name: string;
  #idsSaidFor = Number.NEGATIVE_INFINITY;

  /** @param directory made when missing; theirs alone. @param ids of the ring */
  constructor(directory: string, ids: readonly string[], log: Log) {
    this.#log = new MinuteLog({ directory, fileMs, maxFiles, maxFileBytes, log });
    this.#ids = ids;
    this.#name = nameOf(ids);
  }

  /** Fills the ring as far as the files are whole; never rejects. */
  async read(ring: HistoryRing, nowMinute: number): Promise<void> {
    const known = new Map<string, readonly string[]>([[this.#name, this.#ids]]);
    for (const value of await this.#log.read()) {
      const said = IdsLine.safeParse(value);
      if (said.success) known.set(said.data.name, said.data.ids);
      const row = PackedRow.safeParse(value);
      if (!row.success || row.data.minute >= nowMinute + 1 || row.data.minute <= nowMinute - keptMinutes) continue;
      const { isPeers, name } = row.data;
      const unpacked = unpack(row.data, known.get(name) ?? [], ring.ids, name === this.#name);
      if (isPeers) ring.fill(unpacked);
      else ring.record(unpacked);
    }
  }

  /** Resolves when they are on the disk, or were given up. @param isPeers whether the peer's hub saw them */
  async add(rows: readonly MinuteRow[], wallMs: number, isPeers = false): Promise<void> {
    const said = Math.floor(wallMs / idsEveryMs);
    const ids = said === this.#idsSaidFor ? [] : [{ name: this.#name, ids: this.#ids }];
    this.#idsSaidFor = said;
    const whose = isPeers ? { isPeers: true } : {};
    const lines = [...ids, ...rows.map((row) => ({ ...pack(row, this.#name), ...whose }))];
    if (!(await this.#log.append(lines, wallMs))) this.#idsSaidFor = Number.NEGATIVE_INFINITY;
  }

  idle(): Promise<void> {
    return this.#log.idle();
  }
}

/** Of a list of agents: another list has another one. */
export const nameOf = (ids: readonly string[]): string => crc32(ids.join("\n")).toString(16);

export function pack({ minute, sample, agents }: MinuteRow, name: string): PackedRow {
  return { minute, sample, name, agents: Buffer.from(agents).toString("base64") };
}

/** @param ids of its cells. @param wanted those of the ring; of others nothing is known. @param areSame whether both are the same ones */
export function unpack(
  { minute, sample, agents }: PackedRow,
  ids: readonly string[],
  wanted: readonly string[],
  areSame: boolean,
): MinuteRow {
  const cells = Buffer.from(agents, "base64");
  if (areSame) return { minute, sample, agents: cells };
  const places = new Map(ids.map((id, index) => [id, index]));
  const row = new Uint8Array(wanted.length * cellBytes).fill(255);
  for (const [index, id] of wanted.entries()) {
    const place = places.get(id);
    if (place !== undefined) writeCell(row, index, readCell(cells, place));
  }
  return { minute, sample, agents: row };
}
