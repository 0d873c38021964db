/** One HTTP request and its response through one place; ends with a word on whether another try may be made. */
import { type ClientRequest, type IncomingMessage, type ServerResponse, request as startRequest } from "node:http";
import type { Socket } from "node:net";
import type { RouterLimits } from "../core/router/limits.ts";
import { hasBody, passedOn } from "./http-headers.ts";
import { passBody, passHead, passInterim } from "./pass-response.ts";
import { type Place, Unreached } from "./place.ts";

export type Outcome =
  /** The response went through, or broke in its middle, which the client has seen. */
  | { kind: "answered" }
  /** The client left. */
  | { kind: "gone" }
  /** The connection broke before any byte of a response. */
  | { kind: "lost"; bodyTaken: boolean }
  /** The target took the request and said nothing for too long. */
  | { kind: "silent" }
  /** The target answered with what is no response. */
  | { kind: "garbled" };

export interface ExchangeOptions {
  request: IncomingMessage;
  response: ServerResponse;
  place: Place;
  limits: RouterLimits;
  gone: AbortSignal;
}

/** @throws Unreached when nothing of the request was sent */
export async function exchange(options: ExchangeOptions): Promise<Outcome> {
  const { request, response, place, limits, gone } = options;
  const upstream = startUpstream(request, place);
  const breakOff = (why: string) => {
    // The client must see that it has a part: from now on node takes a body without a length for whole.
    if (response.headersSent && !response.writableEnded) response.destroy();
    upstream.destroy(new Error(why));
  };
  const exit = place.enter({ leave: () => {}, cut: () => breakOff("the target was replaced") });
  // This process may have stood still while the lease ran out: nothing more goes there.
  const stopExpired = () => {
    if (place.isExpired()) breakOff("its lease is over");
  };
  const leave = () => upstream.destroy();
  gone.addEventListener("abort", leave);
  let bodyTaken = false;
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      let silent = false;
      upstream.setTimeout(limits.httpIdleMs, () => {
        silent = true;
        breakOff("the target is silent");
      });
      upstream.once("socket", (socket) => {
        bodyTaken = hasBody(request);
        if (bodyTaken) sendBody(request, upstream, socket, stopExpired);
        else upstream.end();
      });
      passInterim(upstream, response);
      let incoming: IncomingMessage | undefined;
      upstream.once("response", (answer) => {
        incoming = answer;
        place.answered();
        if (passHead(request, response, answer)) passBody(response, answer);
        else upstream.destroy();
      });
      upstream.on("error", (error) => {
        if (gone.aborted && !response.writableEnded) resolve({ kind: "gone" });
        else if (response.headersSent) {
          if (incoming?.complete !== true) response.destroy();
          resolve({ kind: "answered" });
        } else if (error instanceof Unreached) reject(error);
        else if (silent) resolve({ kind: "silent" });
        else {
          place.broke(error, { fresh: !upstream.reusedSocket });
          resolve({ kind: "lost", bodyTaken });
        }
      });
      // Also after the response has ended: a target may answer early and go on taking the body.
      upstream.once("close", () => {
        if (gone.aborted && !response.writableEnded) resolve({ kind: "gone" });
        else resolve({ kind: response.headersSent ? "answered" : "garbled" });
      });
    });
  } finally {
    gone.removeEventListener("abort", leave);
    exit();
  }
}

const takesBody: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

function startUpstream(request: IncomingMessage, place: Place): ClientRequest {
  const { method = "GET", url = "/" } = request;
  const headers = passedOn(request.rawHeaders);
  // HTTP/1.0 needs none, and the target is asked in HTTP/1.1.
  if (request.headers.host === undefined) headers.push("Host", authorityOf(place));
  if (request.headers["transfer-encoding"] !== undefined) headers.push("Transfer-Encoding", "chunked");
  // Else node would announce a chunked body where there is none.
  else if (request.headers["content-length"] === undefined && takesBody.has(method))
    headers.push("Content-Length", "0");
  const agent = place.agentFor(method);
  return startRequest({ ...place.to, method, path: url, headers, agent, setHost: false, setDefaultHeaders: false });
}

const authorityOf = ({ to: { host, port } }: Place): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** @param before called before each part of the body is sent, and before its end is told */
function sendBody(request: IncomingMessage, upstream: ClientRequest, socket: Socket, before: () => void): void {
  // With `Expect: 100-continue` the head has to go out before the client gives its body.
  upstream.flushHeaders();
  // Ahead of the pipe's own, which then finds the connection destroyed.
  request.on("data", before).on("end", before);
  request.pipe(upstream);
  // Node itself passes this on until the response has ended, and a body that goes on would wait for ever.
  const drained = () => {
    if (upstream.writableNeedDrain) upstream.emit("drain");
  };
  socket.on("drain", drained);
  upstream.once("close", () => {
    socket.off("drain", drained);
    request.unpipe(upstream);
    request.off("data", before).off("end", before).resume();
  });
}
