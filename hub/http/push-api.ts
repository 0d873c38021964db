/**
 * The Pushgateway's API: takes pushes by its paths, bodies and status codes, and answers when they are stored. The check
 * comes before the append, so of two pushes that contradict each other and arrive together both may be stored; the fold
 * then shows the newer one, as it does for machines that were apart.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Candidate, Fold } from "../core/fold/fold.ts";
import { parseGroupPath } from "../core/group-path.ts";
import { ClientNumber, type Push, type RecordPosition } from "../core/record.ts";
import type { PushOutcome } from "../io/numbered-pushes.ts";
import { metricsJson } from "./metrics-json.ts";
import { readPushBody } from "./push-body.ts";

export interface PushApiOptions {
  fold: Fold;
  append(push: Candidate): Promise<PushOutcome>;
  /** What is known already of a push that its client has numbered. @default nothing */
  known?(push: Candidate): PushOutcome | undefined;
  /** Waits, within the hub's bound, until the peer has stored this machine's records up to there. */
  replicated(position: RecordPosition): Promise<"peer" | "local">;
  /** Largest body, bytes, both as sent and after inflation. */
  maxBodyBytes: number;
  /** Before a body that has not come whole is given up, ms. @default 10000 */
  bodyDeadlineMs?: number;
  /** Told about each answer to a push, for the hub's own counters; `series` is 0 for what was refused and for a DELETE. */
  onAnswer?(status: number, op: Push["op"] | undefined, series: number): void;
}

interface Answer {
  status: number;
  /** What and why, for a person; empty when it worked. */
  text: string;
  headers?: Record<string, string>;
  series?: number;
}

const operations: Partial<Record<string, Push["op"]>> = { PUT: "put", POST: "post", DELETE: "delete" };

/** The handler resolves with false, without an answer given, when the path is none of this API's. */
export function createPushApi(
  options: PushApiOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    if (path === "/api/v1/metrics" && (request.method === "GET" || request.method === "HEAD")) {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(request.method === "GET" ? metricsJson(options.fold) : undefined);
      return true;
    }
    if (!path.startsWith("/metrics/")) return false;
    const op = operations[request.method ?? ""];
    const answer = await answerPush(options, request, path, op);
    // Nobody is left to be answered.
    if (answer === undefined) return true;
    options.onAnswer?.(answer.status, op, answer.series ?? 0);
    send(request, response, answer);
    return true;
  };
}

async function answerPush(
  options: PushApiOptions,
  request: IncomingMessage,
  path: string,
  op: Push["op"] | undefined,
): Promise<Answer | undefined> {
  if (op === undefined) {
    const text = `${request.method} is no way to push; use PUT, POST or DELETE`;
    return { status: 405, text, headers: { allow: "PUT, POST, DELETE" } };
  }
  const parsed = parseGroupPath(path);
  if (!parsed.ok) return { status: 400, text: parsed.reason };
  const { group } = parsed;
  const numbered = clientNumber(request);
  if (!numbered.ok) return { status: 400, text: numbered.reason };
  const client = numbered.client && { client: numbered.client };
  if (op === "delete") return store(options, { kind: "push", op, group, body: "", ...client }, 0);

  const body = await readPushBody(request, options.maxBodyBytes, options.bodyDeadlineMs ?? 10_000);
  if (body.kind === "gone") return undefined;
  if (body.kind === "refused") return { status: body.status, text: body.reason, headers: body.headers };
  const candidate: Candidate = { kind: "push", op, group, body: body.text, ...client };
  const known = options.known?.(candidate);
  if (known !== undefined) return answerTo(options, known, candidate, 0);
  const checked = options.fold.check(candidate);
  if (!checked.ok) return { status: 400, text: `the push is refused: ${checked.reason}` };
  return store(options, candidate, checked.series);
}

async function store(options: PushApiOptions, push: Candidate, series: number): Promise<Answer> {
  return answerTo(options, await options.append(push), push, series);
}

async function answerTo(
  options: PushApiOptions,
  outcome: PushOutcome,
  push: Candidate,
  series: number,
): Promise<Answer> {
  const status = push.op === "delete" ? 202 : 200;
  switch (outcome.kind) {
    case "stored": {
      const headers = { "tandem-replication": await options.replicated(outcome.position) };
      return { status, text: "", headers, series };
    }
    case "spooled": {
      const headers = { "tandem-replication": "local" };
      return { status, text: "", headers, series };
    }
    case "replayed": {
      const { at } = outcome;
      const replication = at === "both" ? "peer" : at === "spool" ? "local" : await options.replicated(at);
      return { status, text: "", headers: { "tandem-replication": replication, "tandem-replay": "true" } };
    }
    case "reused":
      return { status: 409, text: `the push was not stored: ${outcome.reason}` };
    case "full":
      return { status: 507, text: `nothing of the push was stored: ${outcome.reason}` };
    case "busy":
      return { status: 503, text: `the push was not stored: ${outcome.reason}`, headers: { "retry-after": "1" } };
    case "unavailable":
      return { status: 503, text: `the push may not be stored: ${outcome.reason}`, headers: { "retry-after": "1" } };
  }
}

/** The optional headers by which a client numbers its pushes: both, or none. */
function clientNumber(
  request: IncomingMessage,
): { ok: true; client: ClientNumber | undefined } | { ok: false; reason: string } {
  const name = request.headers["tandem-client"];
  const seq = request.headers["tandem-seq"];
  if (name === undefined && seq === undefined) return { ok: true, client: undefined };
  if (name === undefined || seq === undefined)
    return { ok: false, reason: "Tandem-Client and Tandem-Seq are sent both or not at all" };
  const client = ClientNumber.safeParse({ name, seq: /^[1-9]\d*$/.test(String(seq)) ? Number(seq) : Number.NaN });
  if (client.success) return { ok: true, client: client.data };
  const reason = "Tandem-Client is 1 to 100 of A-Z a-z 0-9 . _ -, and Tandem-Seq a positive whole number";
  return { ok: false, reason };
}

function send(request: IncomingMessage, response: ServerResponse, { status, text, headers }: Answer): void {
  const body = text === "" ? "" : `${text}\n`;
  // An unread body is let pass, so that its sender gets to read the answer, but not for ever.
  if (!request.complete) {
    response.setHeader("connection", "close");
    request.resume();
    const timer = setTimeout(() => request.destroy(), lingerMs);
    request.once("close", () => clearTimeout(timer));
  }
  response.writeHead(status, {
    ...(body === "" ? {} : { "content-type": "text/plain; charset=utf-8" }),
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

const lingerMs = 1_000;
