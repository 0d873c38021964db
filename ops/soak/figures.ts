/** What is said of a stretch of the run: of an hour in its checkpoint, of everything in the report. */
import { z } from "zod";
import { Outage } from "./slice.ts";

const Times = z.strictObject({
  count: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  max: z.number(),
});

export const Figures = z.strictObject({
  fromMs: z.number(),
  toMs: z.number(),
  observedMs: z.number(),
  notObservedMs: z.number(),
  requests: z.number(),
  failed: z.number(),
  streams: z.record(z.string(), z.strictObject({ asked: z.number(), failed: z.number() })),
  /** Share of requests served to the worst-off client, %; null without a request. */
  availability: z.strictObject({ percent: z.number(), stream: z.string() }).nullable(),
  /** Response times of all requests, ms, and by kind of request. */
  all: Times.nullable(),
  times: z.record(z.string(), Times),
  errors: z.record(z.string(), z.number()),
  outages: z.number(),
  longestOutage: Outage.nullable(),
  /** Share of looks at which each hub answered, and was in sync, %. */
  hubs: z.record(z.string(), z.strictObject({ answered: z.number(), inSync: z.number() })),
  /** Of the ledger's last word, and the most that ever waited for its copy. */
  ledger: z.strictObject({ missing: z.number().nullable(), metTwice: z.number().nullable(), mostPending: z.number() }),
  /** Of our own pushes; lost is null while the hubs could not be asked about the newest ones. */
  pushes: z.strictObject({
    acknowledged: z.number(),
    lost: z.number().nullable(),
    storedTwice: z.number(),
    /** Of these, more than the retries whose first try may have been stored. */
    unexplained: z.number(),
  }),
  /** %; the processor is the mean, and what it was in the 95th of 100 slices. */
  machines: z.record(
    z.string(),
    z.strictObject({
      cpuMean: z.number().nullable(),
      cpu95: z.number().nullable(),
      memory: z.number().nullable(),
      disk: z.number().nullable(),
    }),
  ),
  processes: z.record(
    z.string(),
    z.strictObject({
      lives: z.number(),
      cpuMean: z.number().nullable(),
      rssMax: z.number(),
      fdsMax: z.number().nullable(),
      heapMax: z.number().nullable(),
    }),
  ),
  longestStallMs: z.number(),
});
export type Figures = z.infer<typeof Figures>;
