/** What a deployment was, as each machine keeps it beside the program that made it. One schema is check, type and document. */
import { z } from "zod";
import { Baseline } from "./baseline.ts";

export const Outcome = z.enum([
  /** Its `up` has begun; with nobody holding the lock it was interrupted. */
  "under way",
  "done",
  /** Undone by itself: the machine is as the deployment before left it. */
  "rolled back",
  /** Cancelled, or found dead by a later run, which refreshes the machine first. */
  "interrupted",
  /** Neither finished nor undone. */
  "failed",
]);
export type Outcome = z.infer<typeof Outcome>;

/** A service that was moved off a machine for the time of its `up`. */
export const Moved = z.object({
  service: z.string(),
  from: z.string(),
  to: z.string(),
  /** Its epoch once it was there: a higher one says that somebody else has moved it since. */
  epoch: z.number(),
});
export type Moved = z.infer<typeof Moved>;

export const Deployment = z.object({
  /** The same on all machines that it touched. */
  number: z.number().int().positive(),
  /** Of the machine that keeps this record. */
  machine: z.string(),
  machines: z.array(z.string()),
  /** ISO 8601 in UTC. */
  at: z.string(),
  /** @example "ops@desk" */
  by: z.string(),
  /** Of the program's folder; null where git does not know it. */
  commit: z.string().nullable(),
  /** Id of the run that made it, by which a later one finds what is left of it; old records have none. */
  run: z.string().optional(),
  dirty: z.boolean(),
  /** In words, as the plan said them. */
  changes: z.array(z.string()),
  /** Parts whose container was replaced, such as `nats`. */
  replaced: z.array(z.string()),
  /** Parts whose container was made, changed or taken away, by an unfinished deployment that this one finishes as well. */
  touched: z.array(z.string()).default([]),
  /** How the machine did when it was whole. */
  before: Baseline.optional(),
  /** Images of the machine's containers by container, once it is done. */
  images: z.record(z.string(), z.string()),
  outcome: Outcome,
  /** Why it was not done; empty when it was. */
  why: z.string(),
  /** From the beginning of its `up` to the end of its verification, ms; null before that. */
  tookMs: z.number().nullable(),
  /** How long the pair was not in sync meanwhile, ms; null where nobody looked. */
  oneCopyMs: z.number().nullable(),
  /** Number of the deployment whose program it runs again. */
  rollbackOf: z.number().optional(),
  /** The one agent that it restored. */
  agent: z.string().optional(),
  /** What it has moved and paused and not undone yet, so that a later run can. */
  moved: z.array(Moved),
  paused: z.array(z.string()),
});
export type Deployment = z.infer<typeof Deployment>;

/** So many are kept on each machine. */
export const keptDeployments = 10;

/** The newest one that is done: what the machine runs. */
export function presentOf(kept: readonly Deployment[]): Deployment | undefined {
  return newest(kept.filter(({ outcome }) => outcome === "done"));
}

/** What a machine goes back to from a deployment: the newest one below that was done. */
export function beforeOf(number: number, kept: readonly Deployment[]): Deployment | undefined {
  return presentOf(kept.filter((one) => one.number < number));
}

/** The newest one where it has left the machine in between, so that the next run must look what is really there. */
export function unfinishedOf(kept: readonly Deployment[]): Deployment | undefined {
  const last = newest(kept);
  return last !== undefined && ["under way", "interrupted", "failed"].includes(last.outcome) ? last : undefined;
}

export function newest(kept: readonly Deployment[]): Deployment | undefined {
  return kept.toSorted((a, b) => b.number - a.number)[0];
}
