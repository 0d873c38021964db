/**
 * Whether a hub answers to the name that it was asked by. A page of the internet may point a name of its own at a hub, and would
 * read all answers as its own: such a name is one of the public ones, with dots.
 */
import { isIP } from "node:net";

/** Nobody has them in the public names: they are of one network, or of one computer. */
const privateSuffixes = [".localhost", ".local", ".lan", ".internal", ".home.arpa"];

/** @param names besides those that nobody outside can have @returns why a request for this host is not answered */
export function whyNotHost(header: string | undefined, names: ReadonlySet<string>): string | undefined {
  // Only a client of HTTP/1.0, which is no browser, names none.
  if (header === undefined) return undefined;
  const host = header.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
  const isAddress = isIP(host) !== 0 || (host.startsWith("[") && host.endsWith("]") && isIP(host.slice(1, -1)) === 6);
  if (isAddress || !host.includes(".") || names.has(host)) return undefined;
  if (privateSuffixes.some((suffix) => host.endsWith(suffix))) return undefined;
  return "this hub does not answer to that name: ask by its address, or name it in the site's hub.allowedHosts";
}
