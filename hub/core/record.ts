/** What is stored and replicated: pushes, health changes and alerts, each with an id that no other record of its stream has. */
import { z } from "zod";
import { labelName } from "./group-path.ts";
import { Hlc } from "./hlc.ts";

/** Health of an agent as a hub judges it; `unknown` until the first answer or failure. */
export const Health = z.enum(["healthy", "degraded", "unhealthy", "unknown"]);
export type Health = z.infer<typeof Health>;

/** Which stream a record travels in; the streams are `observability-<kind>`. */
export const StreamKind = z.enum(["metrics", "health", "alerts"]);
export type StreamKind = z.infer<typeof StreamKind>;

/** How long a group lives after its last push, ms; a hundred years at most, so that its end is a date that can be said. */
export const ExpiryMs = z
  .number()
  .int()
  .positive()
  .max(100 * 365 * 86_400_000);

/** Who pushed, and which of its pushes this is; clients that want their retries and losses counted say so. */
export const ClientNumber = z.strictObject({
  /** Unique among clients, and new when a client loses count. @example "backup-job.pc2" */
  name: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/),
  /** Grows by one with each push of that client, not with a retry. */
  seq: z.number().int().positive(),
});
export type ClientNumber = z.infer<typeof ClientNumber>;

/** What no path of a push names, and no fold could show. */
function areGroupNames(group: readonly (readonly [name: string, value: string])[]): boolean {
  const names = new Set(group.map(([name]) => name));
  return names.size === group.length && !group.some(([name]) => name.startsWith("__"));
}

/** Far from where whole numbers end, so that those of a whole batch can be told apart. */
export const Seq = z
  .number()
  .int()
  .positive()
  .max(2 ** 50);

/** A Pushgateway request: PUT replaces a group, POST the metrics of the same names in it, DELETE removes it. */
export const Push = z.strictObject({
  kind: z.literal("push"),
  at: Hlc,
  op: z.enum(["put", "post", "delete"]),
  /** The group: `job` first, then the grouping labels by name; values may be empty. */
  group: z
    .array(z.tuple([z.string().regex(labelName), z.string().refine((value) => value.isWellFormed())]))
    .refine((group) => group[0]?.[0] === "job", "job comes first")
    .refine(areGroupNames, "a label comes twice, or has a name of Prometheus' own"),
  /** The checked metrics in text exposition format; empty for a delete. As bytes it must be the same text. */
  body: z.string().refine((body) => body.isWellFormed()),
  /** After this long without a further push the group is to be deleted, ms; never without it. Of a PUT or POST. */
  expiresAfterMs: ExpiryMs.optional(),
  /**
   * Of a DELETE that says that a group expired: it deletes what was pushed up to this write and nothing later, whoever
   * took it, so that a push which its writer did not know of stays.
   */
  upTo: z.strictObject({ at: Hlc, machine: z.string() }).optional(),
  client: ClientNumber.optional(),
});
export type Push = z.infer<typeof Push>;

/** An agent's health turned from one value to another. */
export const HealthChange = z.strictObject({
  kind: z.literal("health"),
  at: Hlc,
  /** Machine that the agent lives on. */
  machine: z.string(),
  agent: z.string(),
  from: Health,
  to: Health,
  /** Why, as the agent or the probe put it; at most 200 characters. */
  reason: z.string(),
});
export type HealthChange = z.infer<typeof HealthChange>;

/** Something an operator should know. */
export const Alert = z.strictObject({
  kind: z.literal("alert"),
  at: Hlc,
  severity: z.enum(["urgent", "warning", "resolved"]),
  /** The alert's name, kebab-case, as its runbook is named; a newer hub may know others than alert-names.ts lists. */
  name: z.string(),
  subject: z.string(),
  message: z.string(),
});
export type Alert = z.infer<typeof Alert>;

export const RecordBody = z.discriminatedUnion("kind", [Push, HealthChange, Alert]);
export type RecordBody = z.infer<typeof RecordBody>;

/**
 * Several records as one JetStream message carries them. Record `i` has the id `origin:incarnation:(firstSeq + i)`;
 * `seq` starts at 1 with each incarnation and has no holes.
 */
export const Batch = z.strictObject({
  v: z.literal(1),
  origin: z.string(),
  /** New at each start of a hub; later incarnations of one machine sort after earlier ones. */
  incarnation: z.string(),
  firstSeq: Seq,
  records: z.array(RecordBody).min(1),
});
export type Batch = z.infer<typeof Batch>;

/** A place in one origin's records of one stream: later incarnations sort after earlier ones. */
export const RecordPosition = z.strictObject({ incarnation: z.string(), seq: z.number().int().nonnegative() });
export type RecordPosition = z.infer<typeof RecordPosition>;

export const lastPosition = (batch: Batch): RecordPosition => ({
  incarnation: batch.incarnation,
  seq: batch.firstSeq + batch.records.length - 1,
});

/** Negative when `a` comes before `b`. */
export function comparePosition(a: RecordPosition, b: RecordPosition): number {
  if (a.incarnation !== b.incarnation) return a.incarnation < b.incarnation ? -1 : 1;
  return a.seq - b.seq;
}

const timeDigits = 9;

/**
 * The name of a new incarnation: the time of the start, and something random. Sorts after `last`, the newest one that this
 * machine's records name, even when the clock went back meanwhile.
 */
export function nextIncarnation(startMs: number, random: string, last = ""): string {
  const lastMs = Number.parseInt(last.split("-", 1)[0] ?? "", 36);
  const ms = Number.isNaN(lastMs) ? startMs : Math.max(startMs, lastMs + 1);
  return `${ms.toString(36).padStart(timeDigits, "0")}-${random}`;
}
