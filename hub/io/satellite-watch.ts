/** Judges the satellites by what is known of their agents, whichever hub asked them, and says which verdicts changed. */
import type { AgentStatus } from "../core/fleet-health.ts";
import { judgeSatellite, type SatelliteJudgement, startSatellite } from "../core/satellite.ts";

export interface SatelliteWatchOptions {
  /** Names of the satellites. */
  satellites: readonly string[];
  /** What is known of a satellite's agents. */
  agentsOf(satellite: string): readonly AgentStatus[];
  /** Whether no reference address answers this hub. */
  cutOff(): boolean;
  /** Monotonic ms. */
  clock(): number;
  /** A verdict changed. */
  onChange(satellite: string, judgement: SatelliteJudgement, before: SatelliteJudgement): void;
}

const tickMs = 250;

export class SatelliteWatch {
  readonly #options: SatelliteWatchOptions;
  readonly #judgements = new Map<string, SatelliteJudgement>();
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(options: SatelliteWatchOptions) {
    this.#options = options;
    const { satellites, clock } = options;
    for (const name of satellites) this.#judgements.set(name, startSatellite(clock()));
    if (satellites.length > 0) this.#timer = setInterval(() => this.judge(), tickMs);
  }

  judgement(satellite: string): SatelliteJudgement {
    const judgement = this.#judgements.get(satellite);
    if (judgement === undefined) throw new Error(`no satellite ${satellite}`);
    return judgement;
  }

  /** Goes by what is known now; a timer does so all the time, as suspicion grows old without news. */
  judge(): void {
    const { agentsOf, cutOff, clock, onChange } = this.#options;
    for (const [name, before] of this.#judgements) {
      const judgement = judgeSatellite(before, { agents: agentsOf(name), cutOff: cutOff(), atMs: clock() });
      this.#judgements.set(name, judgement);
      if (judgement.verdict !== before.verdict) onChange(name, judgement, before);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
