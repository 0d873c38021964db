/** How long each step of a migration is given, and what counts as a breach. One schema is check, type, default and document. */
import { z } from "zod";

const Ms = z.number().int().positive();

export const MigrationLimits = z.strictObject({
  /** How an agent does before anything is written is watched for so long, ms. */
  baselineMs: Ms.default(10_000),
  /** After its cutover it is held against that for so long, ms. */
  watchMs: Ms.default(600_000),
  /** Until shadow or cutover is seen in both hubs, ms. A push comes within a second of a new file, a scrape every 15 s. */
  stepMs: Ms.default(45_000),
  /** The pair is waited for so long when a hub is away or not in sync, ms; then the run ends and can be gone on with. */
  pairMs: Ms.default(120_000),
  /** Of the file's removal until nothing of the agent's new pushes is left, ms. */
  undoMs: Ms.default(20_000),
  /** So many samples in a row in which it is not well are a breach: one lost probe is forgiven. */
  badInRow: z.number().int().positive().default(3),
  /** The 95th percentile of its probes' round trips may grow to so many times that of the baseline … */
  latencyFactor: z.number().min(1).default(3),
  /** … and by so much in any case, ms: a millisecond that becomes four is noise. */
  latencySlackMs: Ms.default(50),
  /** The newest push of an agent may be so old, ms: it pushes at least once a minute (docs/agents.md). */
  pushAgeMs: Ms.default(90_000),
});
export type MigrationLimits = z.infer<typeof MigrationLimits>;
