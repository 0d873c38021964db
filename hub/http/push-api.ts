/**
 * The Pushgateway's API: takes pushes by its paths, bodies and status codes, and answers when they are stored. The check
 * comes before the append, so of two pushes that contradict each other and arrive together both may be stored; the fold
 * then shows the newer one, as it does for machines that were apart.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { PushGate } from "../access/access.ts";
import type { Candidate, CheckOutcome, Fold } from "../core/fold/fold.ts";
import { parseGroupPath } from "../core/group-path.ts";
import { ClientNumber, type Push, type RecordPosition } from "../core/record.ts";
import type { PushOutcome } from "../io/numbered-pushes.ts";
import { letPass } from "./let-pass.ts";
import { crowdedRetrySeconds, limitStatus } from "./limit-answers.ts";
import { metricsJson } from "./metrics-json.ts";
import { isSameOrigin } from "./orders.ts";
import { readPushBody } from "./push-body.ts";
import { expiryHeader, readExpiry } from "./push-expiry.ts";

export interface PushApiOptions {
  /** Why the hub takes nothing yet; undefined when it does. */
  unready(): string | undefined;
  fold: Fold;
  append(push: Candidate): Promise<PushOutcome>;
  /** What is known already of a push that its client has numbered. @default nothing */
  known?(push: Candidate): PushOutcome | undefined;
  /** Waits, within the hub's bound, until the peer has stored this machine's records up to there. */
  replicated(position: RecordPosition): Promise<"peer" | "local">;
  /** Of pages that may push besides the hub's own. @default none */
  pageOrigins?: readonly string[];
  /** Asks who pushes. @default nobody is asked */
  gate?: PushGate;
  /** The answer to a wipe that somebody orders who may not; undefined when it may be taken. @default everybody may */
  wipeRefusal?(request: IncomingMessage): string | undefined;
  /** Largest body, bytes, both as sent and after inflation. */
  maxBodyBytes: number;
  /** Before a body that has not come whole is given up, ms. @default 10000 */
  bodyDeadlineMs?: number;
  /** Body of the answer to `GET /api/v1/status`. */
  status(): string;
  /** Whether `PUT /api/v1/admin/wipe` deletes all groups; without it there is nothing at that path. */
  adminApi: boolean;
  /** How long groups live whose pushes do not say, ms. @default for ever */
  groupExpiryMs?: number;
  /** Told about each answer to a push, for the hub's own counters; `series` is 0 for what was refused and for a DELETE. */
  onAnswer?(status: number, op: Push["op"] | undefined, series: number): void;
  /** Told of each reader that was refused because of others. */
  onRefusedReader?(): void;
}

interface Answer {
  status: number;
  /** What and why, for a person; empty when it worked. */
  text: string;
  headers?: Record<string, string>;
  series?: number;
}

/** Answers with all metrics that are made at once: each may be as large as all that was ever pushed. */
const maxReadings = 2;
const again = (text: string): Answer => ({ status: 503, text, headers: { "retry-after": "1" } });
const tooManyReadings = again(`${maxReadings} answers of all metrics are being made already`);

const operations: Partial<Record<string, Push["op"]>> = { PUT: "put", POST: "post", DELETE: "delete" };

/** The handler resolves with false, without an answer given, when the path is none of this API's. */
export function createPushApi(
  options: PushApiOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  let readings = 0;
  return async (request, response) => {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const read = { "/api/v1/metrics": () => metricsJson(options.fold), "/api/v1/status": options.status }[path];
    if (read !== undefined && (request.method === "GET" || request.method === "HEAD")) {
      if (readings >= maxReadings) {
        options.onRefusedReader?.();
        return send(request, response, tooManyReadings);
      }
      readings++;
      try {
        const text = request.method === "GET" ? await read() : undefined;
        response.writeHead(200, { "content-type": "application/json", "x-content-type-options": "nosniff" }).end(text);
      } finally {
        readings--;
      }
      return true;
    }
    if (read !== undefined) return send(request, response, notAllowed(request, "to read it", "GET"));
    if (path === wipePath && options.adminApi) return send(request, response, await answerWipe(options, request));
    if (!path.startsWith("/metrics/")) return false;
    const op = operations[request.method ?? ""];
    const answer = await answerPush(options, request, path, op);
    // Nobody is left to be answered.
    if (answer === undefined) return true;
    options.onAnswer?.(answer.status, op, answer.series ?? 0);
    return send(request, response, answer);
  };
}

async function answerPush(
  options: PushApiOptions,
  request: IncomingMessage,
  path: string,
  op: Push["op"] | undefined,
): Promise<Answer | undefined> {
  if (op === undefined) return notAllowed(request, "to push", "PUT, POST, DELETE");
  if (isOfOtherSite(request, options.pageOrigins)) return { status: 403, text: otherSite };
  const writer = options.gate?.(request);
  if (writer?.denial !== undefined) {
    const { status, error, headers } = writer.denial;
    return { status, text: error, headers };
  }
  const parsed = parseGroupPath(path);
  if (!parsed.ok) return { status: 400, text: parsed.reason };
  const { group } = parsed;
  const foreign = writer?.whyNot(group);
  if (foreign !== undefined) return { status: 403, text: foreign };
  const numbered = clientNumber(request);
  if (!numbered.ok) return { status: 400, text: numbered.reason };
  const client = numbered.client && { client: numbered.client };
  if (op === "delete") return checkAndStore(options, { kind: "push", op, group, body: "", ...client });

  const expiry = readExpiry(request.headers[expiryHeader], options.groupExpiryMs);
  if (!expiry.ok) return { status: 400, text: expiry.reason };
  const body = await readPushBody(request, {
    maxBytes: options.maxBodyBytes,
    deadlineMs: options.bodyDeadlineMs ?? 10_000,
    budget: options.fold.admission.bytes,
  });
  if (body.kind === "gone") return undefined;
  if (body.kind === "refused") return { status: body.status, text: body.reason, headers: body.headers };
  const { expiresAfterMs } = expiry;
  const expires = expiresAfterMs && { expiresAfterMs };
  return checkAndStore(options, { kind: "push", op, group, body: body.text, ...expires, ...client });
}

async function checkAndStore(options: PushApiOptions, candidate: Candidate): Promise<Answer> {
  // A verdict by half of what is stored would be told for good.
  const unready = options.unready();
  if (unready !== undefined) return again(`the push was not stored: ${unready}`);
  const known = options.known?.(candidate);
  if (known !== undefined) return answerTo(options, known, candidate, 0);
  const checked = options.fold.check(candidate);
  return checked.ok ? store(options, candidate, checked.series) : refusalOf(checked);
}

function refusalOf({ reason, limit }: Extract<CheckOutcome, { ok: false }>): Answer {
  const status = limit === undefined ? 400 : limitStatus[limit];
  const headers = { "retry-after": String(crowdedRetrySeconds) };
  return { status, text: `the push is refused: ${reason}`, ...(status === 429 && { headers }) };
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
      return again(`the push was not stored: ${outcome.reason}`);
    case "unavailable":
      return again(`the push may not be stored: ${outcome.reason}`);
  }
}

/** Group by group, as if each were deleted by a client, so that it is stored, copied and folded like any push. */
async function answerWipe(options: PushApiOptions, request: IncomingMessage): Promise<Answer> {
  if (request.method !== "PUT") return notAllowed(request, "to wipe", "PUT");
  const refusal = options.wipeRefusal?.(request);
  if (refusal !== undefined) return { status: 403, text: refusal };
  // Groups that are not read back yet would stay.
  const unready = options.unready();
  if (unready !== undefined) return again(`nothing is wiped: ${unready}`);
  const groups = [...options.fold.groups()];
  let replication = "peer";
  for (let from = 0; from < groups.length; from += wipeStep) {
    const answers = await Promise.all(
      groups
        .slice(from, from + wipeStep)
        .map(({ group }) => store(options, { kind: "push", op: "delete", group, body: "" }, 0)),
    );
    const failed = answers.filter(({ status }) => status !== 202);
    const [first] = failed;
    if (first !== undefined) {
      const left = groups.length - from - answers.length + failed.length;
      return { ...first, text: `${left} of ${groups.length} groups are not wiped; send it again. ${first.text}` };
    }
    if (answers.some(({ headers }) => headers?.["tandem-replication"] !== "peer")) replication = "local";
  }
  return { status: 202, text: "", headers: { "tandem-replication": replication } };
}

/** What a browser sends for a page that is not the hub's own; whatever is no browser says nothing of the kind. */
function isOfOtherSite(request: IncomingMessage, pageOrigins: readonly string[] = []): boolean {
  const { origin, "sec-fetch-site": site } = request.headers;
  if (origin !== undefined) return !isSameOrigin(request) && !pageOrigins.includes(origin);
  return site !== undefined && site !== "same-origin" && site !== "none";
}

function notAllowed({ method }: IncomingMessage, what: string, allow: string): Answer {
  return { status: 405, text: `${method} is no way ${what}; use ${allow}`, headers: { allow } };
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

/** @returns true, since the request is then answered */
function send(request: IncomingMessage, response: ServerResponse, { status, text, headers }: Answer): true {
  const body = text === "" ? "" : `${text}\n`;
  letPass(request, response);
  response.writeHead(status, {
    ...(body === "" ? {} : { "content-type": "text/plain; charset=utf-8" }),
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
  return true;
}

const otherSite = "a page of another site pushes in its reader's name; push from a program";
const wipePath = "/api/v1/admin/wipe";
/** Groups deleted at once by a wipe, so that it leaves room in the queue for pushes. */
const wipeStep = 256;
