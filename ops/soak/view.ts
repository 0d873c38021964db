/** What is shown of a run while it goes on. */
import type { Look } from "./look.ts";
import type { RunRecord } from "./record.ts";
import type { Settings } from "./settings.ts";

export interface View {
  settings: Settings;
  /** Of the run. */
  dir: string;
  nowMs: number;
  /** Also of the slice that has not ended. */
  observedMs: number;
  record: Pick<RunRecord, "events" | "checkpoints" | "verdict" | "totals" | "slices">;
  /** Undefined before the first one. */
  look: Look | undefined;
  /** Streams whose last request failed. */
  standing: readonly string[];
  /** The fault that stands. */
  fault: string | undefined;
}
