/** Reads a JetStream stream, here or in the peer's domain, in order and without gaps, for as long as heartbeats come. */
import { AckPolicy, DeliverPolicy, type JetStreamManager, type Msg, type NatsConnection, nanos } from "nats";
import { newInbox } from "./inboxes.ts";
import { isNoMessage } from "./streams.ts";

export interface FedMessage {
  streamSeq: number;
  subject: string;
  data: Uint8Array;
  /** When the stream's server stored it, wall ms. */
  storedAtMs: number;
  /** Messages of the stream that were still to come when this one was sent. */
  pending: number;
}

const idleHeartbeatMs = 500;
/** Silence after which the feed is given up, ms: two heartbeats missed and some delay. */
const silenceMs = 1_250;
/** Heartbeats without a message between them after which a feed that should end is looked into. */
const idleHeartbeats = 2;
/** How long a server keeps the consumer of a feed that has ended, ms: to delete one, here or there, is nobody's right. */
const inactiveMs = 5_000;

/**
 * Yields messages from `startSeq` on; throws when the feed breaks, so that the caller starts a new one where it stopped.
 * Goes on for ever, or with `untilCaughtUp` until it has given all that the stream holds. A message that the server cannot
 * read, because its disk gives other bytes than were written, is passed over by the server without a word.
 * The next message is asked for only when the last one was dealt with, which is what slows the sender down.
 */
export async function* feed(
  nc: NatsConnection,
  peer: JetStreamManager,
  stream: string,
  startSeq: number,
  signal: AbortSignal,
  options: { untilCaughtUp?: boolean } = {},
): AsyncGenerator<FedMessage> {
  // A listener for a signal that was given already would never be called.
  signal.throwIfAborted();
  const inbox = newInbox(nc);
  const queue: Msg[] = [];
  let wake = () => {};
  let broken: Error | undefined;
  const breakOff = (why: string) => {
    broken ??= new Error(why);
    wake();
  };
  let silence = setTimeout(breakOff, silenceMs, `the feed of ${stream} fell silent`);
  const onAbort = () => breakOff("stopped");
  signal.addEventListener("abort", onAbort);
  const subscription = nc.subscribe(inbox, {
    callback: (error, message) => {
      if (error !== null) return breakOff(error.message);
      clearTimeout(silence);
      silence = setTimeout(breakOff, silenceMs, `the feed of ${stream} fell silent`);
      queue.push(message);
      wake();
    },
  });
  try {
    const info = await peer.consumers.add(stream, {
      deliver_subject: inbox,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: startSeq,
      ack_policy: AckPolicy.None,
      idle_heartbeat: nanos(idleHeartbeatMs),
      flow_control: true,
      inactive_threshold: nanos(inactiveMs),
      mem_storage: true,
      max_deliver: 1,
    });
    if (options.untilCaughtUp && info.num_pending === 0) return;
    let delivered = 0;
    let lastSeq = startSeq - 1;
    let idle = 0;
    for (;;) {
      const message = queue.shift();
      if (message === undefined) {
        if (broken !== undefined) throw broken;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if (message.headers?.code === 100) {
        answerFlowControl(nc, message);
        const last = message.headers.get("Nats-Last-Consumer");
        if (last !== "" && Number(last) !== delivered) throw new Error(`${stream}: ${last} sent, ${delivered} came`);
        idle = message.reply ? 0 : idle + 1;
        // What the server still counts as pending is then what it cannot read.
        if (options.untilCaughtUp && idle >= idleHeartbeats && !(await isMore(peer, stream, lastSeq + 1))) return;
        continue;
      }
      const place = placeOf(message);
      if (place === undefined) continue;
      delivered++;
      idle = 0;
      lastSeq = place.streamSeq;
      if (place.consumerSeq !== delivered) throw new Error(`${stream}: message ${delivered} did not come`);
      const { streamSeq, storedAtMs, pending } = place;
      yield { streamSeq, storedAtMs, subject: message.subject, data: message.data, pending };
      if (options.untilCaughtUp && place.pending === 0) return;
    }
  } finally {
    clearTimeout(silence);
    signal.removeEventListener("abort", onAbort);
    subscription.unsubscribe();
  }
}

/** Whether the stream holds a message that can be read, from this sequence on. */
async function isMore(jsm: JetStreamManager, stream: string, seq: number): Promise<boolean> {
  const next = { seq, next_by_subj: ">" };
  try {
    await jsm.streams.getMessage(stream, next);
    return true;
  } catch (error) {
    if (isNoMessage(error)) return false;
    throw error;
  }
}

/** The server asks, by a reply subject or a header, to be told that all before was taken. */
function answerFlowControl(nc: NatsConnection, message: Msg): void {
  const stalled = message.headers?.get("Nats-Consumer-Stalled");
  if (message.reply) message.respond();
  else if (stalled) nc.publish(stalled);
}

/** `$JS.ACK.<domain>.<account>.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>…`, or the same without the first two. */
function placeOf(message: Msg): (Omit<FedMessage, "subject" | "data"> & { consumerSeq: number }) | undefined {
  const tokens = message.reply?.split(".") ?? [];
  const offset = tokens.length >= 11 ? 2 : 0;
  const streamSeq = Number(tokens[5 + offset]);
  const consumerSeq = Number(tokens[6 + offset]);
  const storedAtMs = Number(tokens[7 + offset]) / 1e6;
  const pending = Number(tokens[8 + offset]);
  const whole = [streamSeq, consumerSeq, pending].every(Number.isInteger);
  return whole ? { streamSeq, consumerSeq, storedAtMs, pending } : undefined;
}
