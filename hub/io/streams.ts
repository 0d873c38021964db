/** The JetStream streams of a machine: its own, which its hub writes, and its copies of the peer's. */
import { DiscardPolicy, ErrorCode, type JetStreamManager, NatsError, RetentionPolicy, StorageType } from "nats";
import { StreamKind } from "../core/record.ts";

const gib = 1024 ** 3;
const streamNotFound = 10059;
const messageNotFound = 10037;
const wrongLastSequence = 10071;
/** JetStream's codes for a stream or store that can take no more. */
const fullCodes = new Set([10077, 10047, 10023, 10167]);

/**
 * Store bytes per stream. Own streams and copies together stay below the domain's 10 GB, so that no stream can be refused
 * for another's size.
 */
const defaultStoreBytes: Record<StreamKind, number> = { metrics: 3.5 * gib, health: 0.5 * gib, alerts: 0.5 * gib };

export const streamKinds = StreamKind.options;

export const streamName = (kind: StreamKind) => `observability-${kind}`;
export const copyName = (kind: StreamKind, origin: string) => `${streamName(kind)}-from-${origin}`;
/** Where the hub of `machine` publishes its records. */
export const recordSubject = (kind: StreamKind, machine: string) => `observability.${kind}.${machine}.records`;
/** Where the hub that copies `origin` stores what it copied, in its own domain. */
export const copySubject = (kind: StreamKind, origin: string) => `tandem.copy.${kind}.${origin}`;

/**
 * Creates what is missing and leaves what is there. Never sets an age: a record goes only when both sides can spare it.
 * @param storeBytes limit of each stream that it makes, bytes; the hub takes the defaults
 * @returns the names of the streams that it made
 */
export async function ensureStreams(
  jsm: JetStreamManager,
  self: string,
  peer: string,
  storeBytes = defaultStoreBytes,
): Promise<string[]> {
  const made: string[] = [];
  const ensure = async (name: string, subject: string, maxBytes: number) => {
    if (await isThere(jsm, name)) return;
    await add(jsm, name, subject, maxBytes);
    made.push(name);
  };
  for (const kind of streamKinds) {
    await ensure(streamName(kind), `observability.${kind}.${self}.>`, storeBytes[kind]);
    await ensure(copyName(kind, peer), copySubject(kind, peer), storeBytes[kind]);
  }
  return made;
}

export function isNoStream(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.err_code === streamNotFound;
}

/** The stream does not hold the message, or cannot read it. */
export function isNoMessage(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.err_code === messageNotFound;
}

/** Something else was stored there since; nothing of the message was. */
export function isWrongSequence(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.err_code === wrongLastSequence;
}

/** Why a stream takes no more; undefined when that is not what the error says. */
export function whyFull(error: unknown, stream: string): string | undefined {
  const refused = error instanceof NatsError ? error.api_error : undefined;
  if (refused?.err_code === undefined || !fullCodes.has(refused.err_code)) return undefined;
  return `stream ${stream} takes no more: ${refused.description}`;
}

/** Nobody listens on the subject: its stream is missing, or JetStream is not up yet. */
export function isNoResponder(error: unknown): boolean {
  // JetStream's own refusals, such as of a full stream, carry the same code beside an error of the API.
  return error instanceof NatsError && error.code === ErrorCode.NoResponders && error.api_error === undefined;
}

async function isThere(jsm: JetStreamManager, name: string): Promise<boolean> {
  try {
    await jsm.streams.info(name);
    return true;
  } catch (error) {
    if (isNoStream(error)) return false;
    throw error;
  }
}

async function add(jsm: JetStreamManager, name: string, subject: string, maxBytes: number): Promise<void> {
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
