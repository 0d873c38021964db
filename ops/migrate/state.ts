/** What is kept of one agent's migration at both hubs, so that any operator goes on with it after any crash. */
import { z } from "zod";

export const stages = [
  "waiting",
  /** Looked at, nothing is written yet; how it does now is the baseline. */
  "preflight",
  /** It pushes beside what it did before, and both are compared. */
  "shadow",
  /** It is told to push to both hubs' arrangement only, and both have to see it. */
  "cutover",
  /** It is held against its own baseline. */
  "watch",
  "done",
  /** Its file is taken away, and what it pushed since. */
  "undoing",
  "undone",
] as const;
export const Stage = z.enum(stages);
export type Stage = z.infer<typeof Stage>;

export const Baseline = z.strictObject({
  samples: z.number().int().positive(),
  /** Of the probes' round trips, ms; null where none was answered. */
  latencyP95Ms: z.number().nullable(),
  /** Median of the other agents of its machine meanwhile, ms. */
  aroundMs: z.number().nullable(),
});
export type Baseline = z.infer<typeof Baseline>;

/** What is kept is kept short: a hub takes 64 KiB of a document, and a person reads a line. */
export const longestWhy = 2_000;
export const longestNote = 500;
export const mostNotes = 20;

export const clipped = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;

export const AgentMigration = z.strictObject({
  v: z.literal(1),
  /** `machine/name`. */
  agent: z.string().min(1),
  batch: z.string().min(1),
  stage: Stage,
  /** When the stage began, wall ms of the operator's computer. */
  sinceMs: z.number().int().nonnegative(),
  /** Revision of the hub file that it was given last; 0 before the first. */
  revision: z.number().int().nonnegative(),
  /** Whether it pushed by itself before: going back then leaves its group alone. */
  pushedBefore: z.boolean(),
  baseline: Baseline.nullable(),
  /** Why it is or was undone, or is waiting again; empty otherwise. */
  why: z.string().max(longestWhy),
  /** What was seen on the way, such as a metric that differs. */
  notes: z.array(z.string().max(longestNote)).max(mostNotes),
  /** When its wait ended, wall ms; null before that. */
  begunMs: z.number().int().nonnegative().nullable(),
  /** From there to `done` or `undone`, ms; null before that. */
  tookMs: z.number().nonnegative().nullable(),
});
export type AgentMigration = z.infer<typeof AgentMigration>;

export function waiting(agent: string, batch: string, nowMs: number): AgentMigration {
  return {
    v: 1,
    agent,
    batch,
    stage: "waiting",
    sinceMs: nowMs,
    revision: 0,
    pushedBefore: false,
    baseline: null,
    why: "",
    notes: [],
    begunMs: null,
    tookMs: null,
  };
}

/** Nothing is to be done about it by itself any more. */
export const isSettled = ({ stage }: Pick<AgentMigration, "stage">): boolean => stage === "done" || stage === "undone";

/** Between its wait and its end: an interrupted run goes on with these first. */
export const isUnderWay = (one: Pick<AgentMigration, "stage">): boolean => one.stage !== "waiting" && !isSettled(one);
