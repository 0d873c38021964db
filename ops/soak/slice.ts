/** What was measured in one slice of time, at most a minute: the unit that is written to disk, and that all figures are made of. */
import { z } from "zod";

const Count = z.number().int().nonnegative();

/** A client that was not served, from when its failed request was due until a good answer came. */
export const Outage = z.strictObject({
  stream: z.string(),
  fromMs: z.number(),
  toMs: z.number(),
  /** Whether it still stood at the end of the slice. */
  open: z.boolean(),
});
export type Outage = z.infer<typeof Outage>;

export const ProcessUse = z.strictObject({
  /** Which life of the process: its number, or when it began. */
  life: z.number(),
  /** Mean share of one processor, %. */
  cpu: z.number().nullable(),
  /** Mean resident memory, bytes. */
  rss: z.number(),
  /** Mean open file descriptors. */
  fds: z.number().nullable(),
  /** Mean heap in use, bytes; null where nobody tells. */
  heap: z.number().nullable(),
});
export type ProcessUse = z.infer<typeof ProcessUse>;

export const MachineUse = z.strictObject({
  /** Mean share of all processors, %. */
  cpu: z.number().nullable(),
  /** Largest shares in use, %. */
  memory: z.number().nullable(),
  disk: z.number().nullable(),
});
export type MachineUse = z.infer<typeof MachineUse>;

export const ClientCount = z.strictObject({
  /** Pushes that were acknowledged. */
  acknowledged: Count,
  /** Of these, not held by a hub although both were in sync; null when that was never to be seen in this slice. */
  lost: Count.nullable(),
  /** Numbers stored twice, by the ledger. */
  duplicates: Count.nullable(),
  /** Pushes sent again although the first try may have been stored: each explains one duplicate. */
  uncertain: Count,
  /** Of a start that ended suddenly: duplicates that came of the slice that was lost with it. */
  unseen: Count,
});
export type ClientCount = z.infer<typeof ClientCount>;

export const Slice = z.strictObject({
  /** Wall clock, ms. */
  fromMs: z.number(),
  toMs: z.number(),
  /** Of it, seconds in which a look was taken, ms. */
  observedMs: z.number(),
  streams: z.record(z.string(), z.strictObject({ asked: Count, failed: Count })),
  /** Histograms of response times by kind of request, µs, as HdrHistogram writes them. */
  times: z.record(z.string(), z.string()),
  /** Percentiles over all kinds, ms; null without a request. */
  percentiles: z.strictObject({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() }).nullable(),
  errors: z.record(z.string(), Count),
  outages: z.array(Outage),
  /** Of the hubs: looks taken, answered, and in sync. */
  hubs: z.record(z.string(), z.strictObject({ looks: Count, answered: Count, inSync: Count })),
  /** Fewest records missing while both hubs were in sync, most pending; null when that was never to be seen. */
  ledger: z.strictObject({ missing: Count.nullable(), metTwice: Count.nullable(), pending: Count.nullable() }),
  clients: z.record(z.string(), ClientCount),
  machines: z.record(z.string(), MachineUse),
  processes: z.record(z.string(), ProcessUse),
  /** Longest that the measuring program itself stood still, ms. */
  stallMs: z.number(),
});
export type Slice = z.infer<typeof Slice>;

/** What a hub says of one of its objectives. */
export const ToldObjective = z.strictObject({
  hub: z.string(),
  name: z.string(),
  target: z.number(),
  windowDays: z.number(),
  availability: z.number().nullable(),
  budgetLeft: z.number(),
  burning: z.string(),
});
export type ToldObjective = z.infer<typeof ToldObjective>;

/** What happened to the pair, or was done to it. */
export const SoakEvent = z.strictObject({
  atMs: z.number(),
  /** When it was over; null of what has no length. */
  toMs: z.number().nullable(),
  kind: z.enum(["start", "stop", "fault", "verdict", "process", "problem", "objectives"]),
  /** In words; of a verdict `mainpc says that pc2/hub is dead`. */
  what: z.string(),
  /** Of a verdict: who says what of whom, as in ops/chaos/observer.ts. */
  turn: z.strictObject({ by: z.string(), of: z.string(), to: z.string() }).optional(),
  /** At the end of a start: what the hubs say of theirs. */
  objectives: z.array(ToldObjective).optional(),
});
export type SoakEvent = z.infer<typeof SoakEvent>;
