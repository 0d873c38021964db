/** Where the hub of a machine sends alerts, as its stack says it; what is secret is named here and stands in `notificationSecrets`. */
import { z } from "zod";
import { host, whole } from "./values.ts";

const secretName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,60}$/, "a name in notificationSecrets, like phone-token")
  .optional()
  .meta({ example: "phone-token" });
const url = z
  .url({ protocol: /^https?$/, error: "a URL like https://ntfy.example.org/tandem" })
  .optional()
  .meta({ example: "https://ntfy.example.org/tandem" });

const Channel = z.strictObject({
  kind: z.enum(["webhook", "ntfy", "slack", "smtp"], "webhook, ntfy, slack or smtp").meta({ example: "ntfy" }),
  /** The same in both stacks. */
  name: z
    .string("a name like phone")
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/, "a name of letters, digits, - and _, like phone")
    .meta({ example: "phone" }),
  atLeast: z.enum(["warning", "urgent"], "warning or urgent").default("warning").meta({ example: "urgent" }),
  /** Of all but smtp, one of both. */
  url,
  urlSecret: secretName,
  /** Of a webhook: by which it knows the sender. */
  keySecret: secretName,
  /** Of ntfy. */
  tokenSecret: secretName,
  /** The rest is smtp's. */
  host: host.optional(),
  port: whole(1, 65_535).optional().meta({ example: 587 }),
  tls: z.enum(["starttls", "implicit", "none"], "starttls, implicit or none").optional().meta({ example: "starttls" }),
  /** Certificate of whoever signed the mail server's, where Node does not know them. */
  caSecret: secretName,
  user: z.string().min(1).optional().meta({ example: "tandem" }),
  passwordSecret: secretName,
  from: z.string().min(3).optional().meta({ example: "tandem@example.org" }),
  to: z.array(z.string().min(3)).min(1).optional(),
});

export const notificationGroup = {
  notifications: z
    .strictObject({
      channels: z.array(Channel).max(20).default([]),
      /** A service outside that is told that this hub lives, and calls people when it is not; each stack has its own. */
      deadMansSwitch: z
        .strictObject({
          /** One of both; both empty for none. */
          url: url.unwrap().or(z.literal("")).default("").meta({ example: "https://hc-ping.com/…" }),
          urlSecret: secretName.unwrap().or(z.literal("")).default("").meta({ example: "switch-url" }),
          everySeconds: whole(1, 86_400).default(60).meta({ example: 60 }),
        })
        .prefault({}),
    })
    .prefault({}),
};
