/** What is reported of one scenario that was played once. */
import type { Seen } from "./availability.ts";

export interface Detection {
  /** @example "mainpc sees pc2/hub dead" */
  what: string;
  /** Since the fault began, ms; null when nobody noticed. */
  afterMs: number | null;
}

export interface Takeover {
  service: string;
  /** When a hub first said that the other machine owns it, since the fault began, ms; null when it stayed. */
  movedAfterMs: number | null;
  /** Longest time in which its clients got no answer through the routes, ms. */
  outageMs: number;
}

export interface RunView {
  scenario: string;
  /** What was done, in words. */
  did: string;
  startedAt: string;
  /** From the fault until the pair is well and its services are home: what clients saw is counted over it, ms. */
  windowMs: number;
  /** From the fault's begin to that of its undoing, ms. */
  stoodMs: number;
  detections: Detection[];
  /** Every turn of a verdict, a health or the copy that a hub told of. */
  turns: { afterMs: number; by: string; of: string; to: string }[];
  /** Verdicts of `dead` or `isolated` on what was well. */
  falseVerdicts: string[];
  /** Undefined where no service can be asked through a route. */
  takeovers: Takeover[] | undefined;
  /** From the begin of the undoing until both hubs are in sync, miss nothing and see all alive, ms; null when that did not come. */
  recoveryMs: number | null;
  /** The same until every service is at home; null when that did not come, undefined without services. */
  homeMs: number | null | undefined;
  seen: Seen[];
  /** Of the worst-off client, ms. */
  downMs: number;
  records: { acknowledged: number; lost: number[] };
  /** Why the run has failed; empty when it has not. */
  problems: string[];
}
