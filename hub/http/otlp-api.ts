/**
 * OTLP over HTTP: takes the metrics of OpenTelemetry's exporters as pushes of their groups, which are checked, stored and copied as any
 * push is, and answers when they are stored.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { PushGate } from "../access/access.ts";
import type { Candidate, Fold } from "../core/fold/fold.ts";
import { groupKey } from "../core/group-path.ts";
import { type Encoding, exportAnswer, mediaTypes, statusAnswer } from "../core/otlp/answer.ts";
import type { GroupDraft } from "../core/otlp/group-draft.ts";
import { decodeJson } from "../core/otlp/json.ts";
import { decodeProtobuf } from "../core/otlp/protobuf.ts";
import { draftGroups, type Fitted, fit, type Refused } from "../core/otlp/pushes.ts";
import type { RecordPosition } from "../core/record.ts";
import type { AppendOutcome } from "../io/journal.ts";
import { letPass } from "./let-pass.ts";
import { otlpMetricsPath } from "./operations/pushing.ts";
import { pathOf } from "./orders.ts";
import type { OtlpAnswered } from "./otlp-metrics.ts";
import { expiryHeader, readExpiry } from "./push-expiry.ts";
import { readBytes } from "./read-bytes.ts";

export interface OtlpApiOptions {
  /** Asks who exports. @default nobody is asked */
  gate?: PushGate;
  /** Why the hub takes nothing yet; undefined when it does. */
  unready(): string | undefined;
  fold: Fold;
  /** Counts what the push adds as there, in the same turn in which it is called. */
  append(push: Candidate): Promise<AppendOutcome>;
  /** Waits, within the hub's bound, until the peer has stored this machine's records up to there. */
  replicated(position: RecordPosition): Promise<"peer" | "local">;
  /** Largest body as sent and after inflation, and largest text of one group, bytes. */
  maxBodyBytes: number;
  /** Before a body that has not come whole is given up, ms. @default 10000 */
  bodyDeadlineMs?: number;
  /** How long groups live whose requests do not say, ms. @default for ever */
  groupExpiryMs?: number;
  /** Told about each answer, for the hub's own counters. */
  onAnswer?(answered: OtlpAnswered): void;
}

type Answer =
  | { kind: "taken"; refused: Refused[]; points: number; replication: "peer" | "local" | undefined }
  | { kind: "failed"; status: number; reason: string; headers?: Record<string, string> };

const otherSignals = ["/v1/traces", "/v1/logs"];
/** A collector sends for many; the text of all of them is in memory at once. */
const mostTextOfRequest = 4;
const mostGroups = 1_000;

/** The handler resolves with false, without an answer given, when the path is none of OTLP's. */
export function createOtlpApi(
  options: OtlpApiOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const path = pathOf(request);
    const isMetrics = path === otlpMetricsPath;
    if (!isMetrics && !otherSignals.includes(path)) return false;
    const encoding = encodingOf(request.headers["content-type"]);
    if (!isMetrics) {
      const reason = `a hub takes metrics only, at ${otlpMetricsPath}; send traces and logs to a backend of their own, or turn them off`;
      return send(request, response, encoding, { kind: "failed", status: 404, reason });
    }
    const answer = await answerExport(options, request, encoding);
    // Nobody is left to be answered.
    if (answer === undefined) return true;
    options.onAnswer?.(countsOf(answer));
    return send(request, response, encoding, answer);
  };
}

async function answerExport(
  options: OtlpApiOptions,
  request: IncomingMessage,
  encoding: Encoding | undefined,
): Promise<Answer | undefined> {
  if (request.method !== "POST") {
    return failed(405, `${request.method} is no way to export metrics; use POST`, { allow: "POST" });
  }
  if (encoding === undefined) {
    return failed(415, `the content type must be ${mediaTypes.protobuf} or ${mediaTypes.json}`);
  }
  const writer = options.gate?.(request);
  if (writer?.denial !== undefined) return failed(writer.denial.status, writer.denial.error, writer.denial.headers);
  // What is stored is not known yet, so nothing could be said about what fits it.
  const unready = options.unready();
  if (unready !== undefined) return busy(unready, 1);
  const expiry = readExpiry(request.headers[expiryHeader], options.groupExpiryMs);
  if (!expiry.ok) return failed(400, expiry.reason);
  const { maxBodyBytes, bodyDeadlineMs = 10_000 } = options;
  const advice = "export in smaller batches, or fewer series";
  const body = await readBytes(request, {
    maxBytes: maxBodyBytes,
    deadlineMs: bodyDeadlineMs,
    advice,
    budget: options.fold.admission.bytes,
  });
  if (body.kind === "gone") return undefined;
  if (body.kind === "refused") return failed(body.status, body.reason, body.headers);
  const decoded = encoding === "json" ? decodeJson(body.bytes) : decodeProtobuf(body.bytes);
  if (!decoded.ok) {
    return decoded.tooLarge ? failed(413, `${decoded.reason}; ${advice}`) : failed(400, decoded.reason);
  }

  const { drafts, refused } = draftGroups(decoded.request);
  const sizes = drafts.map((draft) => draft.leastBytes());
  const whole = sizes.reduce((sum, bytes) => sum + bytes, 0);
  if (drafts.length > mostGroups) return failed(413, `${drafts.length} groups at once; ${mostGroups} are taken`);
  if (Math.max(0, ...sizes) > maxBodyBytes || whole > mostTextOfRequest * maxBodyBytes) {
    const text = `as text, a group would be longer than ${maxBodyBytes} bytes, or all of them than ${mostTextOfRequest} times that`;
    return failed(413, `${text}; ${advice}`);
  }
  const mostShown = mostTextOfRequest * options.fold.admission.limits.textCharactersPerPush;
  if (shownCharacters(drafts, options.fold) > mostShown) {
    const text = `with their groups' labels on every line, all groups together would be longer than ${mostShown} characters`;
    return failed(413, `${text}; ${advice}, or with shorter names of instances`);
  }
  const own = drafts.filter((draft) => {
    const foreign = writer?.whyNot(draft.group);
    if (foreign === undefined) return true;
    refused.push({ name: groupKey(draft.group), reason: "forbidden", points: draft.points, text: foreign });
    return false;
  });
  const expires = expiry.expiresAfterMs === undefined ? {} : { expiresAfterMs: expiry.expiresAfterMs };
  return await fitAndStore(options, own, expires, refused);
}

/** Lower bound of what the check of all of them writes; that of a group ends where it passes the limit on one push. */
function shownCharacters(drafts: readonly GroupDraft[], { admission }: Fold): number {
  const { textCharactersPerPush } = admission.limits;
  return drafts.reduce((sum, draft) => sum + Math.min(draft.leastShown(), textCharactersPerPush), 0);
}

/** Each group is judged with those before it as there: a limit is not passed by what one request brings at once. */
function fitAndStore(
  options: OtlpApiOptions,
  drafts: readonly GroupDraft[],
  expires: Pick<Candidate, "expiresAfterMs">,
  refused: Refused[],
): Promise<Answer> {
  const holds: (() => void)[] = [];
  try {
    const fitted = drafts.flatMap((draft) => {
      const one = fit(options.fold, draft, expires, refused);
      if (one === undefined) return [];
      holds.push(options.fold.reserve(one.push));
      return one;
    });
    // Each append counts what it adds as there before it first waits, so there is no moment in which nobody does.
    return store(options, fitted, refused);
  } finally {
    for (const release of holds) release();
  }
}

async function store(options: OtlpApiOptions, fitted: readonly Fitted[], refused: Refused[]): Promise<Answer> {
  const outcomes = await Promise.all(fitted.map(({ push }) => options.append(push)));
  const positions: RecordPosition[] = [];
  let spooled = false;
  for (const outcome of outcomes) {
    if (outcome.kind === "stored") positions.push(outcome.position);
    else if (outcome.kind === "spooled") spooled = true;
    else return notStored(outcome);
  }
  const copied = await Promise.all(positions.map((position) => options.replicated(position)));
  const replication = spooled || copied.includes("local") ? "local" : copied.length > 0 ? "peer" : undefined;
  const points = fitted.reduce((sum, each) => sum + each.points, 0);
  return { kind: "taken", refused, points, replication };
}

/**
 * Always 503, which OTLP has repeated, unlike a push's 507: what it repeats are totals, so groups of the request that were stored do not
 * count twice, and an exporter that is told of a failure for good drops what it has.
 */
function notStored({ kind, reason }: Extract<AppendOutcome, { reason: string }>): Answer {
  switch (kind) {
    case "full":
      return busy(`the metrics were not stored: ${reason}`, fullRetrySeconds);
    case "busy":
      return busy(`the metrics were not stored: ${reason}`, 1);
    case "unavailable":
      return busy(`the metrics may not be stored: ${reason}`, 1);
  }
}

/** A store that is full does not become empty within a second. */
const fullRetrySeconds = 15;

const busy = (reason: string, seconds: number) => failed(503, reason, { "retry-after": String(seconds) });

const failed = (status: number, reason: string, headers: Record<string, string> = {}): Answer => ({
  kind: "failed",
  status,
  reason,
  headers,
});

function countsOf(answer: Answer): OtlpAnswered {
  if (answer.kind === "failed") {
    return { outcome: answer.status === 503 ? "unavailable" : "refused", points: 0, rejected: [] };
  }
  const { points, refused } = answer;
  return { outcome: refused.length > 0 ? "partial" : "taken", points, rejected: refused };
}

function encodingOf(contentType = ""): Encoding | undefined {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase();
  return type === mediaTypes.json ? "json" : type === mediaTypes.protobuf ? "protobuf" : undefined;
}

/** @returns true, since the request is then answered */
function send(
  request: IncomingMessage,
  response: ServerResponse,
  encoding: Encoding | undefined,
  answer: Answer,
): true {
  letPass(request, response);
  const headers: Record<string, string> = {};
  let status = 200;
  let body: Buffer;
  if (answer.kind === "taken") {
    if (answer.replication !== undefined) headers["tandem-replication"] = answer.replication;
    body = exportAnswer(encoding ?? "json", answer.refused);
  } else {
    Object.assign(headers, answer.headers);
    status = answer.status;
    body = encoding === undefined ? Buffer.from(`${answer.reason}\n`) : statusAnswer(encoding, status, answer.reason);
  }
  const type = encoding === undefined ? "text/plain; charset=utf-8" : mediaTypes[encoding];
  response.writeHead(status, { "content-type": type, "content-length": body.length, ...headers });
  response.end(request.method === "HEAD" ? undefined : body);
  return true;
}
