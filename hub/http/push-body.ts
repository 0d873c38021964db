/** Reads the body of a push as text, also where it came as protobuf. */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { ByteBudget } from "../core/byte-budget.ts";
import { delimitedToText } from "../core/exposition/protobuf/delimited.ts";
import { type BytesRefused, readBytes, refuse } from "./read-bytes.ts";

export type PushBody = { kind: "text"; text: string } | BytesRefused;

const protobufType = "application/vnd.google.protobuf";
const protobufParameters = ["proto=io.prometheus.client.MetricFamily", "encoding=delimited"];

export interface PushBodyBounds {
  /** Of what is sent, and of what it inflates to. */
  maxBytes: number;
  deadlineMs: number;
  /** Of all bodies that are being read together. @default none, for bodies that are small */
  budget?: ByteBudget;
}

export async function readPushBody(request: IncomingMessage, bounds: PushBodyBounds): Promise<PushBody> {
  const decode = decoderFor(request.headers["content-type"], bounds.maxBytes);
  if (typeof decode !== "function") return decode;
  const body = await readBytes(request, { ...bounds, advice: "split the push by metric names with POST" });
  return body.kind === "bytes" ? decode(body.bytes) : body;
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
