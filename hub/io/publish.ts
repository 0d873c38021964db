/** Publishes a batch to its stream and says in one word what has become of it. */
import { ErrorCode, type JetStreamClient, type JetStreamManager, NatsError } from "nats";
import { decodeBatch } from "../core/batch-codec.ts";
import type { Batch, StreamKind } from "../core/record.ts";
import { messageOf } from "./log.ts";
import { isNoResponder, recordSubject, streamName, whyFull } from "./streams.ts";

export type Published =
  /** With its sequence in the stream. */
  | { kind: "stored"; seq: number }
  /** A definite no: the stream or its store can take no more. */
  | { kind: "full"; reason: string }
  /** NATS answers, but not for the stream: nothing was stored. */
  | { kind: "no-stream"; reason: string }
  /** It may be stored or not; to be tried again under the same id. */
  | { kind: "unsure"; reason: string };

/** Calls back when the connection is cut; the returned function takes that back. */
export type OnCut = (tell: () => void) => () => void;

const timeoutMs = 2_000;

/** Tells NATS a batch from another one, so that it stores a repeated one once. */
export const messageId = ({ origin, incarnation, firstSeq }: Batch) => `${origin}:${incarnation}:${firstSeq}`;

/** @param onCut without it a cut is noticed by the timeout only */
export async function publishBatch(
  js: JetStreamClient,
  kind: StreamKind,
  batch: Batch,
  payload: Uint8Array,
  onCut?: OnCut,
): Promise<Published> {
  let takeBack = () => {};
  const cut = new Promise<Published>((resolve) => {
    takeBack = onCut?.(() => resolve({ kind: "unsure", reason: "the connection to NATS was cut" })) ?? takeBack;
  });
  // A repeated message is recognised by the stream, and beyond its window by the folds.
  const options = { msgID: messageId(batch), timeout: timeoutMs, expect: { streamName: streamName(kind) } };
  const published = js.publish(recordSubject(kind, batch.origin), payload, options).then(
    ({ seq }): Published => ({ kind: "stored", seq }),
    (error: unknown) => outcomeOf(kind, error),
  );
  try {
    return await Promise.race([published, cut]);
  } finally {
    takeBack();
  }
}

/**
 * The sequence of a batch that may be in its stream unheard; undefined when it is not there. NATS forgets the ids of messages
 * after two minutes; of one in flight at a time, only the last can be the one.
 */
export async function lastSeqOf(jsm: JetStreamManager, kind: StreamKind, batch: Batch): Promise<number | undefined> {
  const { state } = await jsm.streams.info(streamName(kind));
  if (state.messages === 0) return undefined;
  const last = await jsm.streams.getMessage(streamName(kind), { last_by_subj: recordSubject(kind, batch.origin) });
  const stored = decodeBatch(last.data);
  return stored !== undefined && messageId(stored) === messageId(batch) ? last.seq : undefined;
}

function outcomeOf(kind: StreamKind, error: unknown): Published {
  const reason = messageOf(error);
  if (isNoResponder(error)) return { kind: "no-stream", reason };
  if (!(error instanceof NatsError)) return { kind: "unsure", reason };
  if (error.code === ErrorCode.MaxPayloadExceeded)
    return { kind: "full", reason: "a record is above NATS's max_payload" };
  const full = whyFull(error, streamName(kind));
  return full === undefined ? { kind: "unsure", reason } : { kind: "full", reason: full };
}
