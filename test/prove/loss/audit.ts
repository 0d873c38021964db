/** Reads both machines' streams themselves: which records each push has become, and whether the copies are the originals. */
import type { NatsConnection } from "nats";
import type { Push } from "../../../hub/core/record.ts";
import { decodeBatch } from "../../../hub/io/copier.ts";
import { feed } from "../../../hub/io/feed.ts";
import { connectNats } from "../../../hub/io/nats-connect.ts";
import { copyName, streamName } from "../../../hub/io/streams.ts";
import type { BarePair, MachineName } from "../../support/bare-pair.ts";
import { isAcknowledged, type PushLog } from "./push.ts";

export interface AuditFindings {
  /** Records read, of the originals. */
  records: number;
  /** Pushes with more than one record. */
  twice: string[];
  /** Acknowledged pushes without a record on one of the machines; none are named when a stream was purged meanwhile. */
  absent: string[];
}

/** Ids of the records of each push, by its number; those without one, as DELETE, are left to the fold. */
type Found = Map<number, Set<string>>;

export async function audit(pair: BarePair, log: readonly PushLog[]): Promise<AuditFindings> {
  const originals: Found = new Map();
  const held: Found[] = [];
  let records = 0;
  let whole = true;
  const take = async (nc: NatsConnection, stream: string, origin: MachineName, into: Found[]) => {
    const found = await read(nc, stream, origin, into);
    whole &&= found.firstSeq <= 1;
    return found.records;
  };
  for (const { name, natsPort } of pair.both) {
    const here: Found = new Map();
    held.push(here);
    const nc = await connectNats({ port: natsPort });
    try {
      records += await take(nc, streamName("metrics"), name, [originals, here]);
      const peer: MachineName = name === "mainpc" ? "pc2" : "mainpc";
      await take(nc, copyName("metrics", peer), peer, [here]);
    } finally {
      await nc.close();
    }
  }
  const twice = [...originals].filter(([, ids]) => ids.size > 1);
  const numbered = log.filter((push) => isAcknowledged(push) && push.metrics.length > 0);
  const absent = whole ? numbered.filter(({ number }) => !held.every((here) => here.has(number))) : [];
  return {
    records,
    twice: twice.map(([number, ids]) => `push ${number} is ${[...ids].join(" and ")}`),
    absent: absent.map(({ number, hub, outcome }) => `push ${number}, acknowledged ${outcome} by ${hub}`),
  };
}

async function read(
  nc: NatsConnection,
  stream: string,
  origin: MachineName,
  into: Found[],
): Promise<{ records: number; firstSeq: number }> {
  const jsm = await nc.jetstreamManager({ checkAPI: false });
  const { state } = await jsm.streams.info(stream);
  if (state.messages === 0) return { records: 0, firstSeq: state.first_seq };
  let records = 0;
  const { signal } = new AbortController();
  for await (const { data } of feed(nc, jsm, stream, state.first_seq, signal, { untilCaughtUp: true })) {
    const batch = decodeBatch(data);
    if (batch?.origin !== origin) continue;
    for (const [i, record] of batch.records.entries()) {
      records++;
      const number = record.kind === "push" ? numberOf(record) : undefined;
      if (number === undefined) continue;
      const id = `${batch.origin}:${batch.incarnation}:${batch.firstSeq + i}`;
      for (const found of into) found.set(number, (found.get(number) ?? new Set()).add(id));
    }
  }
  return { records, firstSeq: state.first_seq };
}

function numberOf({ body }: Push): number | undefined {
  const digits = /^prove_\w+(?:\{[^}]*\})? (\d+)$/m.exec(body)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
