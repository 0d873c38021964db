/** How full a machine's store and each of its streams is, by the word of its NATS. Pure. */
import { z } from "zod";
import { type Check, fail, ok, warn } from "./check.ts";

/** Of NATS's monitoring. */
export const jszPath = "/jsz?accounts=1&streams=1&config=1";

const Stream = z.object({
  name: z.string(),
  state: z.object({ bytes: z.number() }),
  config: z.object({ max_bytes: z.number().default(-1) }),
});
const Jsz = z.object({
  storage: z.number(),
  config: z.object({ max_storage: z.number() }),
  account_details: z.array(z.object({ stream_detail: z.array(Stream).nullish() })).nullish(),
});

export interface JetStreamFacts {
  /** Of all streams together. */
  usedBytes: number;
  limitBytes: number;
  /** Those of records, each with a limit of its own, which is not moved with the store's. */
  streams: { name: string; usedBytes: number; limitBytes: number }[];
}

/** Undefined when it is another thing. */
export function readJsz(answer: unknown): JetStreamFacts | undefined {
  const parsed = Jsz.safeParse(answer);
  if (!parsed.success) return undefined;
  const { storage, config, account_details } = parsed.data;
  const all = (account_details ?? []).flatMap(({ stream_detail }) => stream_detail ?? []);
  const ofRecords = all.filter((stream) => stream.name.startsWith("observability-") && stream.config.max_bytes > 0);
  const streams = ofRecords.map(({ name, state, config: { max_bytes: limitBytes } }) => {
    return { name, usedBytes: state.bytes, limitBytes };
  });
  return { usedBytes: storage, limitBytes: config.max_storage, streams };
}

/** From four fifths on the oldest records go before their age, percent; what has no second copy never goes. */
const warnPercent = 80;
const failPercent = 95;
const gibi = 1024 ** 3;

export function checkStreams(jetstream: JetStreamFacts | undefined): Check[] {
  if (jetstream === undefined || jetstream.limitBytes <= 0) return [];
  const { streams, ...store } = jetstream;
  const all = [{ name: "the store", ...store }, ...streams];
  const bad = all.flatMap(({ name, usedBytes, limitBytes }): Check[] => {
    const percent = Math.round((100 * usedBytes) / limitBytes);
    const found = `${name} has ${percent} % of its ${(limitBytes / gibi).toFixed(1)} GiB`;
    if (percent >= failPercent) return [fail("streams", found, next)];
    return percent > warnPercent ? [warn("streams", found, next)] : [];
  });
  if (bad.length > 0) return bad;
  const percent = Math.round((100 * store.usedBytes) / store.limitBytes);
  return [
    ok(
      "streams",
      `${percent} % of ${(store.limitBytes / gibi).toFixed(1)} GiB used, none of ${streams.length} nearly full`,
    ),
  ];
}

const next = "tandem runbook store-nearly-full";
