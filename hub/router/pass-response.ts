/** Passes on what a target answers: what it says meanwhile, the head, the body, and the trailers. */
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { hasBody, pairs, passedOn, without } from "./http-headers.ts";

/** 1xx before the response. A hint that node would not say itself is left out. */
export function passInterim(upstream: ClientRequest, response: ServerResponse): void {
  upstream.on("information", ({ statusCode, rawHeaders }) => {
    if (statusCode === 100) response.writeContinue();
    else if (statusCode === 102) response.writeProcessing();
    else if (statusCode === 103) ifSayable(() => response.writeEarlyHints({ link: linksOf(rawHeaders) }));
  });
}

/** @returns false when node would not say such a head: then nothing of it went out */
export function passHead(request: IncomingMessage, response: ServerResponse, incoming: IncomingMessage): boolean {
  const status = incoming.statusCode ?? 0;
  const goesInChunks =
    request.httpVersion === "1.1" &&
    request.method !== "HEAD" &&
    status !== 204 &&
    status !== 304 &&
    incoming.headers["content-length"] === undefined;
  const passed = passedOn(incoming.rawHeaders);
  const headers = goesInChunks ? passed : without(passed, "trailer");
  // The client was asked to wait with a body that nobody takes now: it may send it or not, so the connection ends here.
  const unasked = request.headers.expect !== undefined && hasBody(request) && !request.complete;
  if (unasked) headers.push("Connection", "close");
  response.sendDate = false;
  const said = ifSayable(() => response.writeHead(status, incoming.statusMessage ?? "", headers));
  // The head tells that an answer is under way, however long its body takes.
  if (said) response.flushHeaders();
  // Node keeps some of what it has tried: the next head may have to do without a body.
  else response.shouldKeepAlive = false;
  return said;
}

export function passBody(response: ServerResponse, incoming: IncomingMessage): void {
  incoming.pipe(response, { end: false });
  incoming.once("end", () => {
    const trailers = pairs(incoming.rawTrailers);
    if (trailers.length > 0) ifSayable(() => response.addTrailers(trailers));
    response.end();
  });
  const broken = () => {
    if (!incoming.complete) response.destroy();
  };
  incoming.once("error", broken);
  incoming.once("close", broken);
}

/** Node hears more than it says: what it refuses to say is no reason for this process to end. */
function ifSayable(say: () => void): boolean {
  try {
    say();
    return true;
  } catch {
    return false;
  }
}

const linksOf = (raw: readonly string[]): string[] =>
  pairs(raw).flatMap(([name, value]) => (name.toLowerCase() === "link" ? [value] : []));
