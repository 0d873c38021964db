/** Where a hub sends alerts, and whom it tells that it lives. What is secret stands in files of its own, which are read at each use. */
import { z } from "zod";
import { Loudness } from "../core/notify/notice.ts";

const SecretFile = z.string().startsWith("/");
const HttpUrl = z.url({ protocol: /^https?$/ });

const common = {
  /** As people and the API call it; the same on both hubs, or each tells it of everything. @example "phone" */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/),
  /** What is sent there at least. */
  atLeast: Loudness.default("warning"),
};

/** In the configuration where there is nothing secret about it, else in a file. */
const address = { url: HttpUrl.optional(), urlFile: SecretFile.optional() };
const hasOneUrl = ({ url, urlFile }: { url?: string; urlFile?: string }) =>
  (url === undefined) !== (urlFile === undefined);
const oneUrl = "either url or urlFile";

export const WebhookConfig = z
  .strictObject({
    kind: z.literal("webhook"),
    ...common,
    ...address,
    /** File with the key of the HMAC-SHA256 by which the receiver knows the sender. Absolute. */
    keyFile: SecretFile.optional(),
  })
  .refine(hasOneUrl, oneUrl);
export type WebhookConfig = z.infer<typeof WebhookConfig>;

export const NtfyConfig = z
  .strictObject({
    kind: z.literal("ntfy"),
    ...common,
    /** Of the topic. @example "https://ntfy.sh/tandem-4f1c" */
    ...address,
    tokenFile: SecretFile.optional(),
  })
  .refine(hasOneUrl, oneUrl);
export type NtfyConfig = z.infer<typeof NtfyConfig>;

export const SlackConfig = z
  .strictObject({ kind: z.literal("slack"), ...common, ...address })
  .refine(hasOneUrl, oneUrl);
export type SlackConfig = z.infer<typeof SlackConfig>;

export const SmtpConfig = z
  .strictObject({
    kind: z.literal("smtp"),
    ...common,
    host: z.string().min(1),
    port: z.number().int().min(1).max(65_535).default(587),
    /** `none` for a server on this machine or a network of one's own only. */
    tls: z.enum(["starttls", "implicit", "none"]).default("starttls"),
    /** File with the certificate of whoever signed the server's, in PEM. Absolute. @default those that Node knows */
    caFile: SecretFile.optional(),
    user: z.string().min(1).optional(),
    passwordFile: SecretFile.optional(),
    from: z.string().min(3),
    to: z.array(z.string().min(3)).min(1).max(20),
  })
  .refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), "user with passwordFile")
  .refine(({ tls, user }) => tls !== "none" || user === undefined, "no password without TLS");
export type SmtpConfig = z.infer<typeof SmtpConfig>;

export const ChannelConfig = z.discriminatedUnion("kind", [WebhookConfig, NtfyConfig, SlackConfig, SmtpConfig]);
export type ChannelConfig = z.infer<typeof ChannelConfig>;

export const DeadMansSwitchConfig = z
  .strictObject({
    /** Asked while the hub is ready; each hub has one of its own. @example "https://hc-ping.com/…" */
    ...address,
    everySeconds: z.number().int().min(1).max(86_400).default(60),
  })
  .refine(hasOneUrl, oneUrl);
export type DeadMansSwitchConfig = z.infer<typeof DeadMansSwitchConfig>;

export const NotificationsConfig = z.strictObject({
  channels: z
    .array(ChannelConfig)
    .max(20)
    .default([])
    .refine((channels) => new Set(channels.map(({ name }) => name)).size === channels.length, "each name once"),
  deadMansSwitch: DeadMansSwitchConfig.optional(),
});
export type NotificationsConfig = z.infer<typeof NotificationsConfig>;
export type NotificationsInput = z.input<typeof NotificationsConfig>;
