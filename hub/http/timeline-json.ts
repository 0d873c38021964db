/** What happened at the pair, as `GET /api/v1/timeline` tells it: one schema is check, type and document. */
import { z } from "zod";

export const timelinePath = "/api/v1/timeline";

export const TimelineEntry = z.strictObject({
  /** Of the record that tells it, `origin:incarnation:seq`; the same at both hubs. */
  id: z.string(),
  /** When it happened, ISO 8601 in UTC, by the clock of the machine that tells it. */
  at: z.string(),
  /** Machine whose hub tells it. */
  origin: z.string(),
  /**
   * `alert` and `resolved`: an alert was raised, or is over. `move`: a service has another owner. `hub`: a hub started. `link`: the machines lost
   * or found each other. `deploy`, `drill`, `migration` and `maintenance`: an operator's command began or ended.
   */
  kind: z.enum(["alert", "resolved", "move", "hub", "link", "deploy", "drill", "migration", "maintenance"]),
  /** How bad it is: `trouble` and `watch` as in the page's headline, `well` for what is good again, `note` for the rest. */
  tone: z.enum(["trouble", "watch", "well", "note"]),
  /** Name of the alert or of the note. @example "hub-lost" */
  name: z.string(),
  /** A machine, a service, or `machine/name` of an agent. */
  subject: z.string(),
  text: z.string(),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;

export const TimelineView = z.strictObject({
  machine: z.string(),
  now: z.string(),
  /** What happened before this is not told any more: the records' age, or the hub is still reading. */
  reachesBackTo: z.string(),
  /** Newest first. */
  entries: z.array(TimelineEntry),
});
export type TimelineView = z.infer<typeof TimelineView>;
