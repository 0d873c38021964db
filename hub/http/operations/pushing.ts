/** Operations of the Pushgateway's API. */
import { z } from "zod";
import { mediaTypes } from "../../core/otlp/answer.ts";
import { GatewayMetrics, GatewayStatusAnswer } from "../gateway-json.ts";
import { type AnswerShape, type Operation, plain, said, text } from "./operation.ts";

export const otlpMetricsPath = "/v1/metrics";

/** Names of the header fields by which a push says more, and its answer. */
const headers = {
  "Tandem-Client": "name of a client that numbers its pushes; with Tandem-Seq or not at all",
  "Tandem-Seq": "1 for its first push, one more for each next one; a retry has the number of what it repeats",
};
const expires = { "Tandem-Expires-After": "seconds after which the group is deleted; 0: never" };

const group = {
  params: { job: z.string().min(1) },
  path: "/metrics/job/{job}",
} as const;
const stored = "it is on disk; Tandem-Replication is `peer` where the other machine has it on disk too, else `local`";
const refusals = {
  400: text("it is no push, or contradicts what stands; nothing of it is stored"),
  401: text("this hub asks for tokens, and it shows none, or nobody's"),
  403: text("its token is not for this group, or a page of another site pushes"),
  409: text("its number was given to another push"),
  429: text("its job has as much as it may, or too many wrong tokens came from its address; Retry-After says when"),
  503: text("too many wait, or the hub still reads its records back; send it again after Retry-After"),
  507: text("store, spool or disk is full; nothing of it is stored"),
} satisfies Record<number, AnswerShape>;
const manyRead = text("as many such answers are being made as may be; send it again after Retry-After");
const ofBodies = {
  408: text("the body did not come in time"),
  413: text("the body is too large"),
  415: text("the body's type or encoding is not known"),
} satisfies Record<number, AnswerShape>;

const ExportAnswer = z.strictObject({
  partialSuccess: z
    .strictObject({ rejectedDataPoints: z.string().regex(/^\d+$/), errorMessage: z.string() })
    .optional(),
});
/** A google.rpc.Status, in the encoding of the request. */
const OtlpStatus = z.strictObject({ code: z.number().int(), message: z.string() });
const ofOtlp = (what: string): AnswerShape => ({ what, json: OtlpStatus, text: mediaTypes.protobuf });

export const pushingOperations = {
  putGroup: {
    ...group,
    method: "put",
    summary: "Replaces all metrics of a group; further grouping labels follow the job as /<label>/<value>",
    headers: { ...headers, ...expires },
    body: { text: plain },
    answers: { 200: text(stored), ...refusals, ...ofBodies },
  },
  postGroup: {
    ...group,
    method: "post",
    summary: "Replaces those metrics of a group that have the same names",
    headers: { ...headers, ...expires },
    body: { text: plain },
    answers: { 200: text(stored), ...refusals, ...ofBodies },
  },
  deleteGroup: {
    ...group,
    method: "delete",
    summary: "Deletes a group",
    headers,
    answers: { 202: text(stored), ...refusals },
  },
  getGatewayMetrics: {
    method: "get",
    path: "/api/v1/metrics",
    summary: "All groups, as a Pushgateway tells them",
    answers: { 200: said("by group", GatewayMetrics), 503: manyRead },
  },
  getStatus: {
    method: "get",
    path: "/api/v1/status",
    summary: "Settings and start time as a Pushgateway tells them, and the hub's health",
    answers: { 200: said("the hub's own", GatewayStatusAnswer), 503: manyRead },
  },
  wipe: {
    method: "put",
    path: "/api/v1/admin/wipe",
    summary: "Deletes all groups, where the hub's configuration allows it",
    order: true,
    answers: {
      202: text("each group's deletion is on disk"),
      403: text("it does not come from an operator"),
      404: text("it is not allowed"),
      503: refusals[503],
      507: refusals[507],
    },
  },
  exportMetrics: {
    method: "post",
    path: otlpMetricsPath,
    summary: "Takes metrics of OpenTelemetry's exporters (OTLP), as protobuf or JSON",
    headers: expires,
    body: { text: mediaTypes.protobuf },
    answers: {
      200: { ...said(`what was not taken, and why; of the rest: ${stored}`, ExportAnswer), text: mediaTypes.protobuf },
      400: ofOtlp("it is no export request; nothing of it is stored"),
      401: ofOtlp("this hub asks for tokens, and it shows none, or nobody's"),
      408: ofOtlp("the body did not come in time"),
      413: ofOtlp("the body is too large, as sent, inflated, or as text"),
      415: { ...ofOtlp("the body's type or encoding is not known"), text: plain },
      429: ofOtlp("too many wrong tokens came from its address; Retry-After says when"),
      503: ofOtlp(
        "store, spool or disk is full, too many wait, or the hub still reads its records back; Retry-After says when",
      ),
    },
  },
  remoteWrite: {
    method: "post",
    path: "/api/v1/write",
    summary: "Not taken; the answer says what to do instead",
    body: { text: "application/x-protobuf" },
    answers: { 501: text("always") },
  },
} satisfies Record<string, Operation>;
