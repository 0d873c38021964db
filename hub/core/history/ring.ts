/** The last 25 hours by the minute: of the pair and of each agent, what this hub saw, and the peer's hub where this one was away. */
import { type AgentMinute, cellBytes, readCell, writeCell } from "./agent-cells.ts";
import { join, nothingKnown, pairWide, type Sample, type SeriesName, seriesNames } from "./series.ts";

export const keptMinutes = 1_500;

/** A minute as it is stored and told. */
export interface MinuteRow {
  minute: number;
  sample: Sample;
  /** A cell an agent, in the order of the ring's ids. */
  agents: Uint8Array;
}

type Source = "none" | "own" | "peer";
const sources: readonly Source[] = ["none", "own", "peer"];

/** Mutable. A minute that is 25 hours younger or older has the same cells: the one that was written last. */
export class HistoryRing {
  readonly ids: readonly string[];
  readonly #minutes = new Int32Array(keptMinutes).fill(-1);
  readonly #sources = new Uint8Array(keptMinutes);
  readonly #series: Record<SeriesName, Float64Array>;
  readonly #agents: Uint8Array;
  /** Minutes of which the peer was asked, and knows nothing either. */
  readonly #vain = new Set<number>();

  /** @param ids of all agents; others are not kept */
  constructor(ids: readonly string[]) {
    this.ids = ids;
    this.#agents = new Uint8Array(keptMinutes * ids.length * cellBytes);
    this.#series = Object.fromEntries(
      seriesNames.map((name) => [name, new Float64Array(keptMinutes).fill(Number.NaN)]),
    ) as Record<SeriesName, Float64Array>; // of all names
  }

  /** What this hub saw. Of one minute it may say so twice, as after a restart: both count. */
  record({ minute, sample, agents }: MinuteRow): void {
    const before = this.#sourceOf(minute) === "own" ? this.row(minute) : undefined;
    const joined = nothingKnown();
    for (const name of seriesNames) joined[name] = join(name, [before?.sample[name] ?? null, sample[name]]);
    this.#write(minute, "own", joined, before === undefined ? agents : meanRow(before.agents, agents, this.ids.length));
  }

  /** What the peer's hub saw in a minute in which this one saw nothing; what is of the peer's machine alone is left out. */
  fill({ minute, sample, agents }: MinuteRow): void {
    if (this.#sourceOf(minute) === "own") return;
    const shared = nothingKnown();
    for (const name of pairWide) shared[name] = sample[name];
    this.#write(minute, "peer", shared, agents);
  }

  /** The peer knows nothing of it either, and is not asked again. */
  giveUp(minute: number): void {
    this.#vain.add(minute);
  }

  /** Undefined where nothing was seen. */
  row(minute: number): MinuteRow | undefined {
    if (this.#sourceOf(minute) === "none") return undefined;
    const cell = minute % keptMinutes;
    const sample = nothingKnown();
    for (const name of seriesNames) {
      const value = this.#series[name][cell] ?? Number.NaN;
      sample[name] = Number.isNaN(value) ? null : value;
    }
    const bytes = this.ids.length * cellBytes;
    return { minute, sample, agents: this.#agents.slice(cell * bytes, (cell + 1) * bytes) };
  }

  agentAt(minute: number, index: number): AgentMinute {
    if (this.#sourceOf(minute) === "none") return { latencyMs: null, ill: null };
    return readCell(this.#agents, (minute % keptMinutes) * this.ids.length + index);
  }

  valueAt(minute: number, name: SeriesName): number | null {
    if (this.#sourceOf(minute) === "none") return null;
    const value = this.#series[name][minute % keptMinutes] ?? Number.NaN;
    return Number.isNaN(value) ? null : value;
  }

  /** Stretches of minutes up to `to` of which nothing is known yet, the newest first, none longer than `longest`. */
  gaps(to: number, longest: number): { from: number; minutes: number }[] {
    const gaps: { from: number; minutes: number }[] = [];
    let open: { from: number; minutes: number } | undefined;
    for (const minute of this.#vain) if (minute > to || minute <= to - keptMinutes) this.#vain.delete(minute);
    for (let minute = to; minute > to - keptMinutes + 1 && minute >= 0; minute--) {
      if (this.#sourceOf(minute) !== "none" || this.#vain.has(minute)) open = undefined;
      else if (open !== undefined && open.minutes < longest) {
        open.from = minute;
        open.minutes++;
      } else {
        open = { from: minute, minutes: 1 };
        gaps.push(open);
      }
    }
    return gaps;
  }

  #sourceOf(minute: number): Source {
    const cell = minute % keptMinutes;
    return this.#minutes[cell] === minute ? (sources[this.#sources[cell] ?? 0] ?? "none") : "none";
  }

  #write(minute: number, source: Source, sample: Sample, agents: Uint8Array): void {
    const cell = minute % keptMinutes;
    this.#minutes[cell] = minute;
    this.#sources[cell] = sources.indexOf(source);
    for (const name of seriesNames) this.#series[name][cell] = sample[name] ?? Number.NaN;
    const bytes = this.ids.length * cellBytes;
    this.#agents.fill(255, cell * bytes, (cell + 1) * bytes);
    this.#agents.set(agents.subarray(0, bytes), cell * bytes);
  }
}

function meanRow(a: Uint8Array, b: Uint8Array, agents: number): Uint8Array {
  const row = new Uint8Array(agents * cellBytes);
  for (let i = 0; i < agents; i++) {
    const [left, right] = [readCell(a, i), readCell(b, i)];
    const latencyMs = mean(left.latencyMs, right.latencyMs);
    writeCell(row, i, { latencyMs, ill: mean(left.ill, right.ill) });
  }
  return row;
}

function mean(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return (a + b) / 2;
}
