/** What a hub tells its peer ten times a second: that it lives, what it holds, what it has copied, and how its agents are. */
import { z } from "zod";
import { maxWallMs, WallMs } from "./hlc.ts";
import { Holdings } from "./ledger.ts";
import { MaintenanceWindows } from "./maintenance.ts";
import { NotifyWord } from "./notify/told.ts";
import { Health, RecordPosition, StreamKind } from "./record.ts";
import { RemoteWriteWord } from "./remote-write/turns.ts";
import { SnapshotWord } from "./snapshot.ts";

const DurationMs = z.number().min(0).max(maxWallMs);

/** An agent's health as one hub observed it. */
export const HealthReport = z.strictObject({
  /** `machine/name` of the agent. */
  id: z.string(),
  health: Health,
  /** Wall time of the reporting machine, ms. */
  sinceWallMs: WallMs,
  /** Age of the newest observation when the report was written, ms; null when there is none. */
  observedAgoMs: DurationMs.nullable(),
  latencyMs: DurationMs.nullable(),
  reason: z.string().max(1_000),
});
export type HealthReport = z.infer<typeof HealthReport>;

/** What a newer hub says beyond this is passed over, so that the two can be of different versions for a while. */
export const Heartbeat = z.object({
  v: z.literal(1),
  machine: z.string(),
  incarnation: z.string(),
  /** Grows by one with every heartbeat of an incarnation, whatever path it takes. */
  counter: z.number().int().positive(),
  /** Wall time of the sender, ms. */
  wallMs: WallMs,
  /** Longest recent stall of the sender's event loop, ms. */
  lagMs: DurationMs,
  /** How far the sender has copied the receiver's streams. */
  copied: z.partialRecord(StreamKind, RecordPosition),
  holdings: Holdings,
  /** In full heartbeats, once the sender has one. */
  snapshot: SnapshotWord.optional(),
  /** Health of agents that the sender probes: all of them once a second, those that changed at once. */
  agents: z.array(HealthReport),
  /** In full heartbeats and at once when it changed: what operators said last of each target. */
  maintenance: MaintenanceWindows.optional(),
  /** The same of alerts that they silenced, by what was silenced. */
  silences: MaintenanceWindows.optional(),
  /** In full heartbeats and at once when something was told: who need not be told any more. */
  notify: NotifyWord.optional(),
  /** In full heartbeats, where the sender writes to stores elsewhere: how far it is. */
  remoteWrite: RemoteWriteWord.optional(),
  /** In full heartbeats, while the sender knows the records and counts by which it says that budgets burn. */
  judgesObjectives: z.literal(true).optional(),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

const rememberedIncarnations = 16;
/** One that was replaced is taken again when its successor has been silent for so long, ms: then it was no successor. */
const returnAfterMs = 1_000;

/** Tells news from what came already: a heartbeat takes two paths, and one of a hub that was replaced may come late. */
export class HeartbeatFilter {
  #incarnation = "";
  #counter = 0;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  /** Not an order: a machine whose clock went back must still be heard. */
  readonly #superseded: string[] = [];

  /** @param atMs monotonic */
  isNews(beat: Pick<Heartbeat, "incarnation" | "counter">, atMs: number): boolean {
    if (beat.incarnation === this.#incarnation) {
      if (beat.counter <= this.#counter) return false;
    } else {
      const replaced = this.#superseded.includes(beat.incarnation);
      if (replaced && atMs - this.#heardAtMs < returnAfterMs) return false;
      this.#superseded.push(this.#incarnation);
      if (this.#superseded.length > rememberedIncarnations) this.#superseded.shift();
      this.#incarnation = beat.incarnation;
    }
    this.#counter = beat.counter;
    this.#heardAtMs = atMs;
    return true;
  }
}
