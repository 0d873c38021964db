/** What is said to a router and by it: words of who acts, refusals, events, and the state of its routes. */
import { z } from "zod";
import { Epoch } from "../failover/epoch.ts";

export const RouteTarget = z.strictObject({ host: z.string().min(1), port: z.number().int().min(1).max(65_535) });
export type RouteTarget = z.infer<typeof RouteTarget>;

/** Times are CLOCK_MONOTONIC of the machine, which all its processes share. */
export const RouteWord = z.strictObject({
  service: z.string().min(1),
  /** A word of a lower one than the router knows is refused. */
  epoch: Epoch,
  /** Where clients are carried; null holds them. */
  to: RouteTarget.nullable(),
  /** From then on the route holds, ms; null where no lease bounds it. */
  untilMonoMs: z.number().nullable(),
});
export type RouteWord = z.infer<typeof RouteWord>;

export const RouteWords = z.array(RouteWord).max(10_000);

export const RefusedWord = z.strictObject({
  service: z.string(),
  epoch: z.number(),
  /** `stale`: a higher epoch is known. `late`: a word sent after this one is known. `unknown`: no such route. */
  why: z.enum(["stale", "late", "unknown"]),
  /** Highest epoch that the router knows of the service; null when it knows none. */
  known: z.number().nullable(),
});
export type RefusedWord = z.infer<typeof RefusedWord>;

/** Answer to words: with status 200 when all were taken, 409 when some were not. */
export const PutAnswer = z.strictObject({ taken: z.number().int(), refused: z.array(RefusedWord) });
export type PutAnswer = z.infer<typeof PutAnswer>;

export const FailureKind = z.enum(["refused", "unreachable", "timeout", "reset"]);
export type FailureKind = z.infer<typeof FailureKind>;

export const HoldReason = z.enum(["no-word", "told", "expired"]);
export type HoldReason = z.infer<typeof HoldReason>;

export const RouteView = z.strictObject({
  service: z.string(),
  port: z.number(),
  epoch: z.number().nullable(),
  to: RouteTarget.nullable(),
  untilMonoMs: z.number().nullable(),
  /** Why clients are held; null when they are carried. */
  held: HoldReason.nullable(),
  /** Whether the target is left alone for a moment because it failed. */
  broken: z.boolean(),
  /** Open connections of clients. */
  connections: z.number(),
  /** Clients that wait. */
  waiting: z.number(),
  /** Requests and connections that still use a target which was replaced or held. */
  draining: z.number(),
});
export type RouteView = z.infer<typeof RouteView>;

const at = { atMonoMs: z.number() };
export const RouterEvent = z.discriminatedUnion("type", [
  /** Begins each stream. Another incarnation than before is another process, which knows no word. */
  z.strictObject({ type: z.literal("hello"), incarnation: z.string(), ...at }),
  /** A target did not take a connection, or gave it up before it said anything. */
  z.strictObject({ type: z.literal("refused"), service: z.string(), to: RouteTarget, why: FailureKind, ...at }),
  z.strictObject({ type: z.literal("opened"), service: z.string(), epoch: z.number(), to: RouteTarget, ...at }),
  z.strictObject({ type: z.literal("held"), service: z.string(), why: HoldReason, ...at }),
  /** Nothing uses any target that was replaced or held. */
  z.strictObject({ type: z.literal("drained"), service: z.string(), ...at }),
]);
export type RouterEvent = z.infer<typeof RouterEvent>;

/** Header of words: when they were sent, by which a word that was overtaken on its way is known. */
export const sentHeader = "tandem-sent-mono-ms";
