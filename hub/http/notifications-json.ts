/** Where alerts are sent, what is silenced, and what a test-fire is answered: one schema is check, type and document. */
import { z } from "zod";

export const notificationsPath = "/api/v1/notifications";
/** POST: sends a marked notification. */
export const notificationTestPath = "/api/v1/notifications/test";
export const silencesPath = "/api/v1/silences";

export const ChannelView = z.strictObject({
  /** As the site names it. @example "phone" */
  name: z.string(),
  kind: z.enum(["webhook", "ntfy", "slack", "smtp"]),
  /** What is sent there at least. */
  atLeast: z.enum(["warning", "urgent"]),
  /** Notifications that wait on this machine's disk. */
  queued: z.number().int(),
  /** Since this hub started. */
  delivered: z.number().int(),
  /** ISO 8601 in UTC; null before the first. */
  lastDeliveredAt: z.string().nullable(),
  /** Why the last attempt failed; null when it did not. */
  error: z.string().nullable(),
});
export type ChannelView = z.infer<typeof ChannelView>;

export const NotificationsView = z.strictObject({
  machine: z.string(),
  now: z.string(),
  channels: z.array(ChannelView),
  /** Whom a hub tells that it lives; null when the site names nobody. */
  deadMansSwitch: z.strictObject({ lastSaidAt: z.string().nullable(), error: z.string().nullable() }).nullable(),
});
export type NotificationsView = z.infer<typeof NotificationsView>;

export const SilenceView = z.strictObject({
  /** An alert's name, or name and subject with a space between. @example "agent-unhealthy pc2/TutorAgent" */
  target: z.string(),
  since: z.string(),
  until: z.string(),
  reason: z.string(),
  by: z.string(),
});
export type SilenceView = z.infer<typeof SilenceView>;

/** What an operator says of a silence, no longer than the peer's hub takes it. */
export const SilenceOrder = z.strictObject({
  target: z.string().min(1).max(300),
  minutes: z
    .number()
    .positive()
    .max(30 * 24 * 60),
  reason: z.string().min(1).max(200),
  /** Of somebody who is signed in that is known. */
  by: z.string().min(1).max(100).optional(),
});
export type SilenceOrder = z.infer<typeof SilenceOrder>;

export const TestOrder = z.strictObject({
  /** @default all channels */
  channel: z.string().optional(),
  severity: z.enum(["urgent", "warning"]).default("warning"),
});

/** What a channel's other side said to a test. */
export const TestedChannel = z.strictObject({
  channel: z.string(),
  ok: z.boolean(),
  /** Why it did not arrive; null when it did. */
  error: z.string().nullable(),
  tookMs: z.number(),
});
export type TestedChannel = z.infer<typeof TestedChannel>;

export const TestAnswer = z.strictObject({ machine: z.string(), ok: z.boolean(), channels: z.array(TestedChannel) });
export type TestAnswer = z.infer<typeof TestAnswer>;
