/** The JetStream streams of a machine: its own, which its hub writes, and its copies of the peer's. */
import { DiscardPolicy, type JetStreamManager, NatsError, RetentionPolicy, StorageType } from "nats";
import { StreamKind } from "../core/record.ts";

const gib = 1024 ** 3;

/**
 * Store bytes per stream. Own streams and copies together stay below the domain's 10 GB, so that no stream can be refused
 * for another's size.
 */
const storeBytes: Record<StreamKind, number> = { metrics: 3.5 * gib, health: 0.5 * gib, alerts: 0.5 * gib };

export const streamKinds = StreamKind.options;

export const streamName = (kind: StreamKind) => `observability-${kind}`;
export const copyName = (kind: StreamKind, origin: string) => `${streamName(kind)}-from-${origin}`;
/** Where the hub of `machine` publishes its records. */
export const recordSubject = (kind: StreamKind, machine: string) => `observability.${kind}.${machine}.records`;
/** Where the hub that copies `origin` stores what it copied, in its own domain. */
export const copySubject = (kind: StreamKind, origin: string) => `tandem.copy.${kind}.${origin}`;

/** Creates what is missing and leaves what is there. Never sets an age: a record goes only when both sides can spare it. */
export async function ensureStreams(jsm: JetStreamManager, self: string, peer: string): Promise<void> {
  for (const kind of streamKinds) {
    await ensure(jsm, streamName(kind), `observability.${kind}.${self}.>`, storeBytes[kind]);
    await ensure(jsm, copyName(kind, peer), copySubject(kind, peer), storeBytes[kind]);
  }
}

async function ensure(jsm: JetStreamManager, name: string, subject: string, maxBytes: number): Promise<void> {
  try {
    await jsm.streams.info(name);
    return;
  } catch (error) {
    if (!(error instanceof NatsError) || error.api_error?.err_code !== 10059) throw error;
  }
  await jsm.streams.add({
    name,
    subjects: [subject],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_bytes: maxBytes,
    max_age: 0,
    num_replicas: 1,
    allow_direct: true,
  });
}
