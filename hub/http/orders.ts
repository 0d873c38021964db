/** What the APIs that take orders have in common: anybody reads, and orders are taken from an operator, who comes by the hub's own socket, shows a token, or is signed in to the page. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import type { Denial } from "../access/gate.ts";
import { isTls } from "../tls/is-tls.ts";
import { isLocal } from "./local-orders.ts";
import { readPushBody } from "./push-body.ts";

/** Sent as JSON. */
export interface Answer {
  status: number;
  body: unknown;
  headers?: Readonly<Record<string, string>>;
}

export interface Orderer {
  by: string;
  /** Known by a token, which no browser sends by itself. @default false */
  byToken?: boolean;
}

/** Who is signed in by a request, or shows a token; how one is refused that shows a wrong token; undefined when nobody. */
export type SignedIn = (request: IncomingMessage) => Orderer | { denial: Denial } | undefined;

export type Read<T> = { value: T; error?: undefined } | { error: Answer };

const defaultMaxBytes = 16 * 1024;
const bodyDeadlineMs = 5_000;

export const pathOf = (request: IncomingMessage): string => (request.url ?? "").split("?", 1)[0] ?? "";

export const reads = ({ method }: IncomingMessage): boolean => method === "GET" || method === "HEAD";

/**
 * The answer to an order that somebody gives from elsewhere; undefined when this request may be taken.
 *
 * @param signedIn without it, nobody who is signed in may give it either
 */
export function refusalOf(request: IncomingMessage, signedIn?: SignedIn): Answer | undefined {
  if (reads(request) || isLocal(request)) return undefined;
  const shown = signedIn?.(request);
  if (shown !== undefined && "denial" in shown) {
    const { status, error, headers } = shown.denial;
    return { status, body: { error }, headers };
  }
  if (mayOrder(request, shown)) return undefined;
  const others =
    signedIn === undefined ? "" : "; or show an operator's token, or sign in to this hub's page with tandem sign-in";
  const error = `this order is not taken at the hub's port: give it with tandem, or on the hub's machine at its socket${others}`;
  return { status: 403, body: { error } };
}

/** Who gives an order by a token, or from this hub's own page; undefined of one that comes from elsewhere, or when nobody is known. */
function ordererOf(request: IncomingMessage, signedIn?: SignedIn): Orderer | undefined {
  const shown = signedIn?.(request);
  return shown !== undefined && !("denial" in shown) && mayOrder(request, shown) ? shown : undefined;
}

const mayOrder = (request: IncomingMessage, orderer: Orderer | undefined): boolean =>
  orderer !== undefined && (orderer.byToken === true || isSameOrigin(request));

/** Who gives an order: whoever is signed in, else whom the order names; undefined when nobody is said. */
export const byOf = (request: IncomingMessage, signedIn: SignedIn | undefined, said: string | undefined) =>
  ordererOf(request, signedIn)?.by ?? said;

/** The answer to an order that does not say who gives it. */
export const nobody: Answer = { status: 400, body: { error: "by: say who orders it" } };

/** Whether this hub's own page sent it, as a browser says. Browsers name the origin of whatever is no GET. */
export function isSameOrigin({ headers, socket }: IncomingMessage): boolean {
  const { origin, host, "sec-fetch-site": site } = headers;
  if (origin === undefined || host === undefined || (site !== undefined && site !== "same-origin")) return false;
  const page = URL.parse(origin);
  // A page without TLS may be anybody's; one behind a proxy has TLS where the hub sees none.
  return page?.host === host.toLowerCase() && !(isTls(socket) && page.protocol !== "https:");
}

/** What an order says, within bounds of size and time. */
export async function readOrder<T>(
  request: IncomingMessage,
  schema: z.ZodType<T>,
  maxBytes = defaultMaxBytes,
): Promise<Read<T>> {
  const body = await readPushBody(request, { maxBytes, deadlineMs: bodyDeadlineMs });
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

export function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, headers }: Answer,
): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
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
