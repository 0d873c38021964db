/** Writes what a sender of OTLP is answered, in the encoding of its request. */
import type { Refused } from "./pushes.ts";

export type Encoding = "protobuf" | "json";

export const mediaTypes = { protobuf: "application/x-protobuf", json: "application/json" } as const;

/** Codes of gRPC, for those that look at them; a sender goes by the status of HTTP. */
const codes: Partial<Record<number, number>> = { 400: 3, 404: 5, 405: 12, 408: 4, 413: 8, 415: 3, 503: 14 };
const unknownCode = 2;
const mostRefusedNamed = 5;
const mostCharacters = 400;

/** ExportMetricsServiceResponse: empty when all was taken. */
export function exportAnswer(encoding: Encoding, refused: readonly Refused[]): Buffer {
  if (refused.length === 0) return Buffer.from(encoding === "json" ? "{}" : "");
  const rejected = refused.reduce((sum, { points }) => sum + points, 0);
  const message = refusedText(refused);
  if (encoding === "json") {
    return json({ partialSuccess: { rejectedDataPoints: String(rejected), errorMessage: message } });
  }
  return part(1, Buffer.concat([whole(1, rejected), part(2, Buffer.from(message))]));
}

/** A google.rpc.Status that says why nothing was taken. */
export function statusAnswer(encoding: Encoding, httpStatus: number, message: string): Buffer {
  const code = codes[httpStatus] ?? unknownCode;
  if (encoding === "json") return json({ code, message });
  return Buffer.concat([whole(1, code), part(2, Buffer.from(message))]);
}

/** One metric a clause, each reason once, since a sender of deltas sends many. */
function refusedText(refused: readonly Refused[]): string {
  const byText = new Map<string, string[]>();
  for (const { name, text } of refused) {
    const names = byText.get(text) ?? [];
    byText.set(text, names);
    names.push(name || "a metric without a name");
  }
  const clauses = [...byText].map(([text, names]) => {
    const named = names.slice(0, mostRefusedNamed).join(", ");
    const more = names.length > mostRefusedNamed ? ` and ${names.length - mostRefusedNamed} more` : "";
    return `${named}${more}: ${clip(text)}`;
  });
  const more = clauses.length > mostRefusedNamed ? `; and ${clauses.length - mostRefusedNamed} more reasons` : "";
  return `${clauses.slice(0, mostRefusedNamed).join("; ")}${more}`;
}

const clip = (text: string) =>
  text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…`.toWellFormed() : text;

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

/** A field that holds a message or a text. */
const part = (field: number, content: Buffer) =>
  Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);

const whole = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
