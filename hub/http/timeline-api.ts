/** Answers what happened, and takes what an operator's commands say of their begin and end. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { MaintenanceWindow } from "../core/maintenance.ts";
import { commandKinds, type Note } from "../core/timeline/note-names.ts";
import type { TimelineQuery } from "../core/timeline/timeline.ts";
import {
  type Answer,
  byOf,
  nobody,
  notAllowed,
  pathOf,
  readOrder,
  reads,
  refusalOf,
  type SignedIn,
  sendAnswer,
} from "./orders.ts";
import { TimelineEntry, type TimelineView, timelinePath } from "./timeline-json.ts";

export interface TimelineApiOptions {
  /** Why nothing can be told yet; undefined when it can. */
  unready(): string | undefined;
  view(query: TimelineQuery): TimelineView;
  /** Resolves with why it may not be stored; undefined when it is. */
  store(note: Note): Promise<string | undefined>;
  signedIn: SignedIn;
}

const maxEntries = 5_000;
const defaultEntries = 500;

const Instant = z.iso
  .datetime({ offset: true, error: "an instant such as 2026-05-12T14:33:00Z" })
  .transform(Date.parse);
const Query = z.strictObject({
  since: Instant.optional(),
  until: Instant.optional(),
  limit: z.coerce.number().int().min(1).max(maxEntries).default(defaultEntries),
  /** Several with commas between them, or said again. */
  kind: z.array(TimelineEntry.shape.kind).optional(),
});

// A line is what the page has room for.
const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}*$/u, "one line of text");
/** What a command of an operator says of itself. */
export const Told = z.strictObject({
  kind: z.enum(commandKinds),
  phase: z.enum(["begun", "ended"]),
  /** @example "pc2" */
  subject: line(200),
  text: line(500),
  /** Who gave the command; of somebody who is signed in that is known. */
  by: MaintenanceWindow.shape.by.min(1).optional(),
});

/** The handler resolves with false, without an answer given, when the path is none of this API's. */
export function createTimelineApi(
  options: TimelineApiOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    if (pathOf(request) !== timelinePath) return false;
    sendAnswer(request, response, refusalOf(request, options.signedIn) ?? (await answerTo(options, request)));
    return true;
  };
}

async function answerTo(options: TimelineApiOptions, request: IncomingMessage): Promise<Answer> {
  if (reads(request)) return view(options, request);
  if (request.method !== "POST") return notAllowed("GET, POST");
  const told = await readOrder(request, Told);
  if (told.error !== undefined) return told.error;
  const { kind, phase, subject, text } = told.value;
  const by = byOf(request, options.signedIn, told.value.by);
  if (by === undefined) return nobody;
  const why = await options.store({ name: `${kind}-${phase}`, subject, message: `${text} (${by})` });
  if (why !== undefined) return { status: 503, body: { error: `it may not be stored: ${why}` } };
  return { status: 200, body: { ok: true, text: "told" } };
}

function view({ unready, view: read }: TimelineApiOptions, request: IncomingMessage): Answer {
  const parsed = Query.safeParse(asked(request));
  if (!parsed.success) return { status: 400, body: { error: z.prettifyError(parsed.error) } };
  // An empty list would say that nothing has happened.
  const reason = unready();
  if (reason !== undefined) return { status: 503, body: { error: reason } };
  const { since: sinceMs, until: untilMs, kind: kinds, limit } = parsed.data;
  return { status: 200, body: read({ sinceMs, untilMs, kinds, limit }) };
}

function asked(request: IncomingMessage): Record<string, string | string[]> {
  const params = new URL(request.url ?? "", "http://hub").searchParams;
  const kinds = params.getAll("kind").flatMap((kind) => kind.split(","));
  return { ...Object.fromEntries(params), ...(kinds.length > 0 && { kind: kinds }) };
}
