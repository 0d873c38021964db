/** Reads the body of a request whole, within a size and a time, and inflates it. */
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { ByteBudget, ByteHold } from "../core/byte-budget.ts";

export interface BytesOptions {
  /** Bound both of what is sent and of what it inflates to. */
  maxBytes: number;
  deadlineMs: number;
  /** What the sender of a body that is too large may do. */
  advice: string;
  /** Of all bodies that are being read together. @default none, for bodies that are small */
  budget?: ByteBudget;
}

export type BytesRefused =
  | { kind: "refused"; status: number; reason: string; headers?: Record<string, string> }
  /** The sender went away before the body was whole. */
  | { kind: "gone" };

type Bytes = { kind: "bytes"; bytes: Buffer } | BytesRefused;

const inflate = promisify(gunzip);

export async function readBytes(request: IncomingMessage, options: BytesOptions): Promise<Bytes> {
  const { budget } = options;
  if (budget?.isFull) return tooMany(budget);
  const hold = budget?.hold();
  try {
    return await readHeld(request, options, hold);
  } finally {
    hold?.release();
  }
}

async function readHeld(request: IncomingMessage, options: BytesOptions, hold?: ByteHold): Promise<Bytes> {
  const encoding = (request.headers["content-encoding"] || "identity").toLowerCase();
  if (encoding !== "gzip" && encoding !== "identity") {
    return refuse(415, `the content encoding ${encoding} is not known here; send gzip or none`, {
      "accept-encoding": "gzip",
    });
  }
  const received = await receive(request, options, hold);
  if (received.kind !== "bytes" || encoding === "identity") return received;
  try {
    const bytes = await inflate(received.bytes, { maxOutputLength: options.maxBytes });
    return hold?.take(bytes.length) === false ? tooMany(options.budget) : { kind: "bytes", bytes };
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"; // zlib throws nothing else
    return tooLarge
      ? refuse(413, `the body inflates to more than ${options.maxBytes} bytes`)
      : refuse(400, `the body is no gzip, though its content encoding says so: ${(error as Error).message}`);
  }
}

export function refuse(status: number, reason: string, headers: Record<string, string> = {}): BytesRefused {
  return { kind: "refused", status, reason, headers };
}

const tooMany = (budget: ByteBudget | undefined): BytesRefused =>
  refuse(503, `the body was not read: ${budget?.reason}`, { "retry-after": "1" });

function receive(
  request: IncomingMessage,
  { maxBytes, deadlineMs, advice, budget }: BytesOptions,
  hold?: ByteHold,
): Promise<Bytes> {
  const tooLarge = () => refuse(413, `the body is larger than ${maxBytes} bytes; ${advice}`);
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return Promise.resolve(tooLarge());
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (result: Bytes) => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("close", onGone).off("error", onGone);
      // The rest may still fail, with nobody left who cares.
      request.on("error", () => {});
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) finish(tooLarge());
      else if (hold?.take(chunk.length) === false) finish(tooMany(budget));
      else chunks.push(chunk);
    };
    const onEnd = () =>
      finish({
        kind: "bytes",
        bytes: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks),
      });
    const onGone = () => finish({ kind: "gone" });
    const timer = setTimeout(
      () => finish(refuse(408, `the body was not complete within ${deadlineMs} ms`)),
      deadlineMs,
    );
    request.on("data", onData).on("end", onEnd).on("close", onGone).on("error", onGone);
  });
}
