/** What the hub's main thread tells the seat of the failover, and what that tells it. */
import { z } from "zod";
import type { FailoverCommand } from "../../core/failover/messages.ts";
import type { ServiceView } from "../../core/failover/service.ts";
import { Health } from "../../core/record.ts";

const Order = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("take"), service: z.string(), confirmPeerDead: z.boolean() }),
  z.strictObject({ kind: z.literal("switchover"), service: z.string() }),
  z.strictObject({ kind: z.literal("maintenance"), subject: z.string(), on: z.boolean() }),
]);

export const ToSeat = z.discriminatedUnion("type", [
  /** At each change of the health of an instance of a service, and after each `probe` that was asked for. */
  z.strictObject({
    type: z.literal("health"),
    /** @example "pc2/TutorAgent" */
    instance: z.string(),
    health: Health,
    /** When it was seen, CLOCK_MONOTONIC of this machine, ms. @default now */
    atMs: z.number().optional(),
  }),
  z.strictObject({ type: z.literal("sync"), inSync: z.boolean(), refilled: z.boolean() }),
  /** `request` comes back with the answer. */
  z.strictObject({ type: z.literal("operator"), request: z.string(), order: Order }),
]);
export type ToSeat = z.infer<typeof ToSeat>;

export type FromSeat =
  /** When they changed, and once a second. */
  | { type: "services"; services: ServiceView[] }
  /** Entries of the peer or the witness that were not believed. */
  | { type: "refused"; entries: number }
  | Extract<FailoverCommand, { type: "moved" | "alert" | "probe" | "given-up" | "answer" }>;
