/** Makes a sample a minute of what is looked at every second. */
import { cellBytes, writeCell } from "./agent-cells.ts";
import type { MinuteRow } from "./ring.ts";
import { join, nothingKnown, type Sample, type SeriesName, seriesNames } from "./series.ts";

/** How all is at a moment. */
export interface Sight {
  /** Pushes that both machines have stored since ever; undefined until that is known. */
  stored: number | undefined;
  /** Of all but the pushes; null where it is not known. */
  values: Omit<Sample, "pushes">;
  /** In the order of the ids. */
  agents: readonly AgentSight[];
}

export interface AgentSight {
  /** When it was observed last, monotonic ms. */
  observedAtMs: number | undefined;
  latencyMs: number | undefined;
  /** Undefined while its health is not known. */
  ill: boolean | undefined;
}

/** Reports of the peer's hub say how long ago an observation was: that wavers with their way, and no agent is asked more often, ms. */
const sameObservationMs = 25;

/** Mutable; one per hub. */
export class Sampler {
  readonly #size: number;
  readonly #seen: Float64Array;
  #minute = -1;
  #lastStored: number | undefined;
  #pushes = 0;
  /** Looks of which the pushes are known. */
  #pushLooks = 0;
  #values: Record<SeriesName, (number | null)[]> = emptyValues();
  #latencySums: Float64Array;
  #latencies: Uint32Array;
  #ills: Uint32Array;
  #healths: Uint32Array;

  /** @param size number of agents */
  constructor(size: number) {
    this.#size = size;
    this.#seen = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
    this.#latencySums = new Float64Array(size);
    this.#latencies = new Uint32Array(size);
    this.#ills = new Uint32Array(size);
    this.#healths = new Uint32Array(size);
  }

  /** @returns the minute before, when this look is of another one */
  look(minute: number, sight: Sight): MinuteRow | undefined {
    const ended = minute === this.#minute ? undefined : this.end();
    this.#minute = minute;
    this.#notePushes(sight.stored);
    for (const name of seriesNames) if (name !== "pushes") this.#values[name].push(sight.values[name]);
    for (const [i, agent] of sight.agents.entries()) this.#noteAgent(i, agent);
    return ended;
  }

  /** Ends the minute under way, whether it is over or not; undefined when nothing was looked at. */
  end(): MinuteRow | undefined {
    if (this.#minute < 0) return undefined;
    const sample = nothingKnown();
    for (const name of seriesNames) sample[name] = join(name, this.#values[name]);
    // Looks are a second apart.
    sample.pushes = this.#pushLooks === 0 ? null : this.#pushes / this.#pushLooks;
    const agents = new Uint8Array(this.#size * cellBytes);
    for (let i = 0; i < this.#size; i++) {
      const [latencies = 0, healths = 0] = [this.#latencies[i], this.#healths[i]];
      const latencyMs = latencies === 0 ? null : (this.#latencySums[i] ?? 0) / latencies;
      writeCell(agents, i, { latencyMs, ill: healths === 0 ? null : (this.#ills[i] ?? 0) / healths });
    }
    const ended = { minute: this.#minute, sample, agents };
    this.#begin();
    return ended;
  }

  #begin(): void {
    this.#minute = -1;
    [this.#pushes, this.#pushLooks] = [0, 0];
    this.#values = emptyValues();
    for (const sums of [this.#latencySums, this.#latencies, this.#ills, this.#healths]) sums.fill(0);
  }

  /** What is read back at a start was not pushed then, and what is forgotten was not taken back. */
  #notePushes(stored: number | undefined): void {
    const before = this.#lastStored;
    this.#lastStored = stored;
    if (stored === undefined || before === undefined) return;
    this.#pushes += Math.max(0, stored - before);
    this.#pushLooks++;
  }

  #noteAgent(i: number, { observedAtMs, latencyMs, ill }: AgentSight): void {
    if (ill !== undefined) {
      this.#healths[i] = (this.#healths[i] ?? 0) + 1;
      this.#ills[i] = (this.#ills[i] ?? 0) + (ill ? 1 : 0);
    }
    if (observedAtMs === undefined || latencyMs === undefined) return;
    if (observedAtMs - (this.#seen[i] ?? 0) < sameObservationMs) return;
    this.#seen[i] = observedAtMs;
    this.#latencySums[i] = (this.#latencySums[i] ?? 0) + latencyMs;
    this.#latencies[i] = (this.#latencies[i] ?? 0) + 1;
  }
}

const emptyValues = (): Record<SeriesName, (number | null)[]> => ({
  pushes: [],
  uncopied: [],
  lag: [],
  unhealthy: [],
  degraded: [],
  series: [],
  buffer: [],
});
