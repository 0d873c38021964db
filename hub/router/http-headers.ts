/** Headers as they are passed on: all of them, in their order and spelling, but those that speak of one connection alone. */
import type { IncomingHttpHeaders } from "node:http";

/** RFC 9110, 7.6.1. How a body is delimited is said anew on each side. */
const ofOneConnection: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** Left where they are though `Connection` names them: without its length a body would be read as another request. */
const neverNamed: ReadonlySet<string> = new Set(["content-length", "host"]);

/** @param raw name and value in turn, as node gives them */
export function passedOn(raw: readonly string[]): string[] {
  const named = new Set<string>();
  for (const [name, value] of pairs(raw))
    if (name.toLowerCase() === "connection")
      for (const token of value.split(",")) named.add(token.trim().toLowerCase());
  for (const name of neverNamed) named.delete(name);
  return pairs(raw)
    .filter(([name]) => !ofOneConnection.has(name.toLowerCase()) && !named.has(name.toLowerCase()))
    .flat();
}

/** @param name in small letters */
export const without = (raw: readonly string[], name: string): string[] =>
  pairs(raw)
    .filter(([other]) => other.toLowerCase() !== name)
    .flat();

export const hasBody = ({ headers }: { headers: IncomingHttpHeaders }): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

export function pairs(raw: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) found.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return found;
}

/** A request's head as it came, for a connection that is carried byte by byte from here on. */
export function rawHead(method: string, url: string, version: string, raw: readonly string[]): Uint8Array {
  const lines = pairs(raw).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${url} HTTP/${version}\r\n${lines.join("")}\r\n`, "latin1");
}
