/** What a hub takes for orders about services and maintenance: one schema is check, type and document. */
import { z } from "zod";
import { MaintenanceWindow } from "../core/maintenance.ts";

const longestMinutes = 30 * 24 * 60;

/** What came of an order. */
export const OrderResult = z.strictObject({
  ok: z.boolean(),
  /** What happened, or why nothing did. */
  text: z.string(),
});
export type OrderResult = z.infer<typeof OrderResult>;

export const Take = z.strictObject({ confirmPeerDead: z.boolean().default(false) });

export const Switchover = z.strictObject({
  /** The machine that it should go to. @default the other one than its owner */
  to: z.string().optional(),
});

export const BeginMaintenance = z.strictObject({
  /** A machine, or `machine/name` of an agent. */
  target: z.string().min(1),
  minutes: z.number().positive().max(longestMinutes),
  // What the peer's hub and the file would not take must not get as far as there.
  reason: MaintenanceWindow.shape.reason.min(1),
  by: MaintenanceWindow.shape.by.min(1),
});
export type BeginMaintenance = z.infer<typeof BeginMaintenance>;

export const EndMaintenance = BeginMaintenance.pick({ target: true, by: true });
