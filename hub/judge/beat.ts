/** What a judge says of its hub twenty times a second, short enough for one datagram, and what its listener says. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** The newest beat of the peer that the sender has taken. */
const Ack = z.strictObject({ incarnation: z.string(), counter: z.number().int().positive(), digest: z.string() });
export type Ack = z.infer<typeof Ack>;

const sender = {
  v: z.literal(1),
  machine: z.string(),
  incarnation: z.string(),
  /** Grows by one with every message of its kind, whatever path it takes. */
  counter: z.number().int().positive(),
};

/** What a newer judge says beyond this is passed over, so that the two can be of different versions for a while. */
const Beat = z.object({
  ...sender,
  kind: z.literal("beat"),
  /** Longest recent stall of the hub's main loop, ms. */
  lagMs: z.number().min(0),
  mainStuck: z.boolean(),
  /** Of what the listener holds; empty before it has said. */
  digest: z.string(),
  /** The beat of the peer that was heard last, whether or not its beats are taken. */
  echo: z.strictObject({ incarnation: z.string(), counter: z.number().int().positive() }).optional(),
  ack: Ack.optional(),
  /** Mark of the receiver's key that the sender has learned. */
  knows: z.string().optional(),
});
export type Beat = z.infer<typeof Beat>;

const Word = z.object({ ...sender, kind: z.literal("word"), word: z.unknown() });
export type Word = z.infer<typeof Word>;

const Message = z.discriminatedUnion("kind", [Beat, Word]);
export type Message = z.infer<typeof Message>;

/** What a listener learns of a beat. */
export interface HeardBeat {
  incarnation: string;
  counter: number;
  digest: string;
  ack?: Ack;
}

export const keyBytes = 32;
const sealBytes = 32;
/** Of a sealed word, with room for what JSON escapes. */
export const maxMessageBytes = 160 * 1024;

/** The message as JSON behind its HMAC-SHA256. */
export function seal(message: Message, key: Buffer): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  return Buffer.concat([sealOf(text, key), text]);
}

/** Undefined when it was not sealed by this key, or is no message. */
export function unseal(bytes: Buffer, key: Buffer): Message | undefined {
  if (bytes.length <= sealBytes || bytes.length > maxMessageBytes) return undefined;
  const text = bytes.subarray(sealBytes);
  if (!timingSafeEqual(bytes.subarray(0, sealBytes), sealOf(text, key))) return undefined;
  try {
    return Message.parse(JSON.parse(text.toString()));
  } catch {
    // Sealed by the peer, and of a version that says it differently.
    return undefined;
  }
}

function sealOf(text: Buffer, key: Buffer): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
