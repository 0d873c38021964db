/** Reads the body of a push: whole, within a size and a time, inflated, and as text, also where it came as protobuf. */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { ByteBudget, ByteHold } from "../core/byte-budget.ts";
import { delimitedToText } from "../core/exposition/protobuf/delimited.ts";

export type PushBody =
  | { kind: "text"; text: string }
  | { kind: "refused"; status: number; reason: string; headers?: Record<string, string> }
  /** The sender went away before the body was whole. */
  | { kind: "gone" };

const protobufType = "application/vnd.google.protobuf";
const protobufParameters = ["proto=io.prometheus.client.MetricFamily", "encoding=delimited"];

const inflate = promisify(gunzip);

export interface PushBodyBounds {
  /** Of what is sent, and of what it inflates to. */
  maxBytes: number;
  deadlineMs: number;
  /** Of all bodies that are being read together. @default none, for bodies that are small */
  budget?: ByteBudget;
}

export async function readPushBody(request: IncomingMessage, bounds: PushBodyBounds): Promise<PushBody> {
  const { budget } = bounds;
  if (budget?.isFull) return tooMany(budget);
  const hold = budget?.hold();
  try {
    return await readHeld(request, bounds, hold);
  } finally {
    hold?.release();
  }
}

async function readHeld(request: IncomingMessage, bounds: PushBodyBounds, hold?: ByteHold): Promise<PushBody> {
  const { maxBytes, budget } = bounds;
  const decode = decoderFor(request.headers["content-type"], maxBytes);
  if (typeof decode !== "function") return decode;
  const encoding = (request.headers["content-encoding"] || "identity").toLowerCase();
  if (encoding !== "gzip" && encoding !== "identity") {
    return refuse(415, `the content encoding ${encoding} is not known here; send gzip or none`, {
      "accept-encoding": "gzip",
    });
  }
  const received = await receive(request, bounds, hold);
  if (!Buffer.isBuffer(received)) return received;
  if (encoding === "identity") return decode(received);
  try {
    const inflated = await inflate(received, { maxOutputLength: maxBytes });
    return hold?.take(inflated.length) === false ? tooMany(budget) : decode(inflated);
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"; // zlib throws nothing else
    return tooLarge
      ? refuse(413, `the body inflates to more than ${maxBytes} bytes`)
      : refuse(400, `the body is no gzip, though its content encoding says so: ${(error as Error).message}`);
  }
}

function receive(
  request: IncomingMessage,
  { maxBytes, deadlineMs, budget }: PushBodyBounds,
  hold?: ByteHold,
): Promise<Buffer | PushBody> {
  const tooLarge = () =>
    refuse(413, `the body is larger than ${maxBytes} bytes; split the push by metric names with POST`);
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return Promise.resolve(tooLarge());
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (result: Buffer | PushBody) => {
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
    const onEnd = () => finish(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    const onGone = () => finish({ kind: "gone" });
    const timer = setTimeout(
      () => finish(refuse(408, `the body was not complete within ${deadlineMs} ms`)),
      deadlineMs,
    );
    request.on("data", onData).on("end", onEnd).on("close", onGone).on("error", onGone);
  });
}

/** The text format unless the type names protobuf, as a Pushgateway has it. */
function decoderFor(contentType = "", maxBytes: number): ((bytes: Buffer) => PushBody) | PushBody {
  const [type = "", ...parameters] = contentType.split(";").map((part) => part.trim().replaceAll('"', ""));
  if (type.toLowerCase() !== protobufType) return decodeText;
  const has = (wanted: string) => parameters.some((each) => each.toLowerCase() === wanted.toLowerCase());
  if (protobufParameters.every(has)) return (bytes) => decodeProtobuf(bytes, maxBytes);
  return refuse(415, `a protobuf body needs the content type ${[protobufType, ...protobufParameters].join("; ")}`);
}

function decodeText(bytes: Buffer): PushBody {
  if (!isUtf8(bytes)) return refuse(400, "the body is not UTF-8");
  return { kind: "text", text: bytes.toString("utf8") };
}

function decodeProtobuf(bytes: Buffer, maxBytes: number): PushBody {
  const decoded = delimitedToText(bytes, maxBytes);
  if (!decoded.ok) return refuse(decoded.tooLarge ? 413 : 400, decoded.reason);
  return { kind: "text", text: decoded.text };
}

function tooMany(budget: ByteBudget | undefined): PushBody {
  return refuse(503, `the push was not read: ${budget?.reason}`, { "retry-after": "1" });
}

function refuse(status: number, reason: string, headers: Record<string, string> = {}): PushBody {
  return { kind: "refused", status, reason, headers };
}
