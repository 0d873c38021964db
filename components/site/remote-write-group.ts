/** Where the hub of a machine writes all that it knows of metrics, as its stack says it; what is secret is named here and stands in `remoteWriteSecrets`. */
import { z } from "zod";
import { mib, whole } from "./values.ts";

const secretName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,60}$/, "a name in remoteWriteSecrets, like store-token")
  .optional()
  .meta({ example: "store-token" });

const Target = z.strictObject({
  /** The same in both stacks. */
  name: z
    .string("a name like long-term")
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/, "a name of letters, digits, - and _, like long-term")
    .meta({ example: "long-term" }),
  url: z
    .url({ protocol: /^https?$/, error: "a URL like https://metrics.example.org/api/v1/write" })
    .meta({ example: "https://metrics.example.org/api/v1/write" }),
  bearerSecret: secretName,
  user: z.string().min(1).optional().meta({ example: "tandem" }),
  passwordSecret: secretName,
  /** Certificate of whoever signed the store's, where Node does not know them. */
  caSecret: secretName,
  headers: z.record(z.string(), z.string()).optional(),
  timeoutMs: whole(100, 300_000).optional().meta({ example: 10_000 }),
});

export const remoteWriteGroup = {
  remoteWrite: z
    .strictObject({
      /** Between two samplings. */
      everySeconds: whole(1, 300).default(15).meta({ example: 15 }),
      /** Most that what waits takes on disk. */
      queueMb: mib(256, 4),
      /** A list, since the engine declares no maps. */
      externalLabels: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
      targets: z.array(Target).max(10).default([]),
    })
    .prefault({}),
};
