/** The two ways to copy mainpc's metrics stream into pc2's domain, behind one face. */
import type { NatsConnection } from "nats";
import { decodeBatch } from "../../../hub/core/batch-codec.ts";
import { Ledger } from "../../../hub/core/ledger.ts";
import type { Batch } from "../../../hub/core/record.ts";
import { Copier } from "../../../hub/io/copier.ts";
import { createLog } from "../../../hub/io/log.ts";
import { replay } from "../../../hub/io/replay.ts";
import { copyName, copySubject, recordSubject, streamName } from "../../../hub/io/streams.ts";

export type CopyPathName = "mirror" | "copier";

export interface CopyPath {
  name: CopyPathName;
  /** The copy, in pc2's domain. */
  stream: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The copy's last batch. Undefined while it is empty or out of reach. */
  last(): Promise<Batch | undefined>;
  /** Every batch that the copy holds, in its order. */
  all(): Promise<Batch[]>;
}

const log = createLog("bench", () => {});
/** Short: a question that was asked while the connection was down is never answered. */
const askTimeoutMs = 50;

/** A mirror that nats-server keeps by itself through the leaf. */
export function mirrorPath(nc: NatsConnection): CopyPath {
  const stream = "bench-mirror-from-mainpc";
  return {
    name: "mirror",
    stream,
    start: async () => {
      const jsm = await nc.jetstreamManager();
      const mirror = { name: streamName("metrics"), external: { api: "$JS.mainpc.API", deliver: "" } };
      await jsm.streams.add({ name: stream, mirror, allow_direct: true });
    },
    stop: async () => {},
    last: () => lastOf(nc, stream, recordSubject("metrics", "mainpc")),
    all: () => allOf(nc, stream),
  };
}

/** The hub's own copier. Its process lives on while the servers die, as pc2's hub would. */
export function copierPath(nc: NatsConnection): CopyPath {
  const stream = copyName("metrics", "mainpc");
  const ledger = new Ledger("pc2", "mainpc");
  const copier = new Copier({
    kind: "metrics",
    origin: "mainpc",
    nc,
    log,
    handedOverSeq: 0,
    isDamaged: false,
    holes: () => 0,
    onLost: () => ledger.forget("metrics", "mainpc"),
    onNoStream: async () => {},
    onNoBatch: () => {},
    admits: () => "taken",
    isHeld: ({ origin, incarnation, firstSeq, records }) =>
      ledger.holds("metrics", origin, incarnation, firstSeq, records.length),
    onCopied: ({ origin, incarnation, firstSeq, records }) =>
      void ledger.hold("metrics", origin, incarnation, firstSeq, records.length),
  });
  return {
    name: "copier",
    stream,
    start: async () => copier.start(),
    stop: () => copier.stop(),
    last: () => lastOf(nc, stream, copySubject("metrics", "mainpc")),
    all: () => allOf(nc, stream),
  };
}

async function lastOf(nc: NatsConnection, stream: string, subject: string): Promise<Batch | undefined> {
  try {
    const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: askTimeoutMs });
    const message = await jsm.streams.getMessage(stream, { last_by_subj: subject });
    return decodeBatch(message.data);
  } catch {
    return undefined;
  }
}

async function allOf(nc: NatsConnection, stream: string): Promise<Batch[]> {
  const batches: Batch[] = [];
  await replay(nc, stream, log, (batch) => void batches.push(batch), new AbortController().signal);
  return batches;
}
