/** Where a hub writes all that it knows of metrics, by Prometheus's remote write. What is secret stands in files of its own, which are read at each use. */
import { z } from "zod";

const SecretFile = z.string().startsWith("/");
const LabelName = z.string().regex(/^(?!__)[A-Za-z_][A-Za-z0-9_]*$/);

export const RemoteWriteTarget = z
  .strictObject({
    /** As metrics and the API call it; the same on both hubs, or each sends it everything. @example "long-term" */
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/),
    /** @example "https://metrics.example.org/api/v1/write" */
    url: z
      .url({ protocol: /^https?$/ })
      .refine((url) => URL.parse(url)?.username === "" && URL.parse(url)?.password === "", "no user in the URL"),
    /** File with the token of `Authorization: Bearer`. Absolute. */
    bearerFile: SecretFile.optional(),
    /** Of basic authentication. */
    user: z.string().min(1).optional(),
    passwordFile: SecretFile.optional(),
    /** File with the certificate of whoever signed the server's, in PEM. Absolute. @default those that Node knows */
    caFile: SecretFile.optional(),
    /** Headers that the store wants beside, such as the tenant's. Nothing secret. @example { "X-Scope-OrgID": "home" } */
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string().regex(/^[\x20-\x7e]*$/)).optional(),
    /** Before a request without an answer has failed, ms. */
    timeoutMs: z.number().int().min(100).max(300_000).default(10_000),
  })
  .refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), "user with passwordFile")
  .refine(
    ({ user, bearerFile }) => user === undefined || bearerFile === undefined,
    "either user with passwordFile, or bearerFile",
  );
export type RemoteWriteTarget = z.infer<typeof RemoteWriteTarget>;

export const RemoteWriteConfig = z.strictObject({
  /** Between two samplings, ms; they fall on multiples of it, so that both hubs' do. */
  everyMs: z.number().int().min(1_000).max(300_000).default(15_000),
  /** Most that the queue on disk may take, bytes; beyond it the oldest goes. */
  maxBytes: z
    .number()
    .int()
    .min(4 * 1024 ** 2)
    .default(256 * 1024 ** 2),
  /** Stand on every series that has no label of the name. @example { site: "home" } */
  externalLabels: z.record(LabelName, z.string()).default({}),
  /** None: nothing is sampled. */
  targets: z
    .array(RemoteWriteTarget)
    .max(10)
    .default([])
    .refine((targets) => new Set(targets.map(({ name }) => name)).size === targets.length, "each name once"),
});
export type RemoteWriteConfig = z.infer<typeof RemoteWriteConfig>;
export type RemoteWriteInput = z.input<typeof RemoteWriteConfig>;
