/** What the APIs that take orders have in common: anybody reads, and orders are taken from this machine only, where an operator is logged in. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { readPushBody } from "./push-body.ts";

/** Sent as JSON. */
export interface Answer {
  status: number;
  body: unknown;
}

export type Read<T> = { value: T; error?: undefined } | { error: Answer };

const defaultMaxBytes = 16 * 1024;
const bodyDeadlineMs = 5_000;

export const pathOf = (request: IncomingMessage): string => (request.url ?? "").split("?", 1)[0] ?? "";

export const reads = ({ method }: IncomingMessage): boolean => method === "GET" || method === "HEAD";

/** The answer to an order that somebody gives from elsewhere; undefined when this request may be taken. */
export function refusalOf(request: IncomingMessage): Answer | undefined {
  if (reads(request) || isFromHere(request)) return undefined;
  const error = "orders are taken on this machine only; give it there, or through an SSH tunnel to the hub's port";
  return { status: 403, body: { error } };
}

/** What an order says, within bounds of size and time. */
export async function readOrder<T>(
  request: IncomingMessage,
  schema: z.ZodType<T>,
  maxBytes = defaultMaxBytes,
): Promise<Read<T>> {
  const body = await readPushBody(request, maxBytes, bodyDeadlineMs);
  if (body.kind === "gone") return { error: { status: 400, body: { error: "the body did not come whole" } } };
  if (body.kind === "refused") {
    const error = body.status === 413 ? `the body takes more than ${maxBytes} bytes` : body.reason;
    return { error: { status: body.status, body: { error } } };
  }
  let value: unknown;
  try {
    value = JSON.parse(body.text.trim() || "{}");
  } catch {
    return { error: { status: 400, body: { error: "the body is no JSON" } } };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  return { error: { status: 400, body: { error: z.prettifyError(parsed.error) } } };
}

export const notAllowed = (allowed: string): Answer => ({
  status: 405,
  body: { error: `this path answers ${allowed}` },
});

export function sendAnswer(request: IncomingMessage, response: ServerResponse, { status, body }: Answer): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(request.method === "HEAD" ? undefined : text);
}

/** Part of a path; as it came when it is badly encoded. */
export function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Whoever sits at this machine, or came to it by SSH. A page of another site cannot send such a request unasked for. */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  const { remoteAddress = "", localAddress } = socket;
  const isLocal = remoteAddress === localAddress || /^(::ffff:)?127\.|^::1$/.test(remoteAddress);
  return isLocal && headers.origin === undefined;
}
