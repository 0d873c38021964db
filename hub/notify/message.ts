/** What a channel is given to tell: a notice in words, or many, with what it means and what to do about it. */
import { impactOf } from "../core/alert-impacts.ts";
import { runbookPath } from "../core/alert-names.ts";
import type { Notice } from "../core/notify/notice.ts";

/** The body of a webhook; docs/alerting.md describes each field. */
export interface Message {
  v: 1;
  /** The same when it comes again. */
  id: string;
  kind: Notice["kind"] | "together" | "test";
  alert: string;
  severity: "urgent" | "warning";
  subject: string;
  /** ISO 8601 in UTC: since when the trouble is there, and when this was known. */
  since: string;
  at: string;
  message: string;
  impact: string;
  runbook: string;
  /** Machine whose hub tells it, and that hub's page. */
  machine: string;
  page: string;
}

export interface Teller {
  machine: string;
  page: string;
}

export function messageOfNotice(notice: Notice, teller: Teller): Message {
  const { id, kind, name, severity, subject, sinceMs, atMs, message } = notice;
  const impact = impactOf(name) ?? "";
  const [since, at] = [instant(sinceMs), instant(atMs)];
  const runbook = runbookPath(name);
  return { v: 1, id, kind, alert: name, severity, subject, since, at, message, impact, runbook, ...teller };
}

/** Of as many as wait: how many of what, and the first of them, what is urgent before all else. */
export function messageOfNotices(notices: readonly [Notice, ...Notice[]], teller: Teller): Message {
  const [first] = notices;
  if (notices.length === 1) return messageOfNotice(first, teller);
  const isUrgent = ({ kind, severity }: Notice) => severity === "urgent" && kind !== "resolved" && kind !== "settled";
  const sorted = notices.toSorted((a, b) => Number(isUrgent(b)) - Number(isUrgent(a)));
  const kinds = [...new Set(notices.map(({ kind }) => kind))];
  const counts = kinds.map((kind) => `${notices.filter((each) => each.kind === kind).length} ${kind}`);
  const named = sorted.slice(0, namedAtMost).map(({ kind, severity, name, subject }) => {
    const what = kind === "raised" ? severity : kind;
    return `${what}: ${name} of ${subject}`.slice(0, nameChars);
  });
  const more = notices.length - named.length;
  const lines = [...named, ...(more > 0 ? [`and ${more} more: tandem alert list`] : [])];
  return {
    v: 1,
    id: `${first.id} and ${notices.length - 1} more`,
    kind: "together",
    alert: "several",
    severity: notices.some(isUrgent) ? "urgent" : "warning",
    subject: first.origin || teller.machine,
    since: instant(Math.min(...notices.map(({ sinceMs }) => sinceMs))),
    at: instant(Math.max(...notices.map(({ atMs }) => atMs))),
    message: `${notices.length} notices at once, ${counts.join(", ")}:\n${lines.join("\n")}`,
    impact: "",
    runbook: "docs/alerting.md",
    ...teller,
  };
}

export function testMessage(severity: Message["severity"], nowMs: number, teller: Teller): Message {
  const at = instant(nowMs);
  return {
    v: 1,
    id: `${nowMs.toString(36)} test ${teller.machine}`,
    kind: "test",
    alert: "test",
    severity,
    subject: teller.machine,
    since: at,
    at,
    message: "somebody tries whether alerts arrive here",
    impact: "None: nothing is wrong.",
    runbook: "docs/alerting.md",
    ...teller,
  };
}

const namedAtMost = 10;
const nameChars = 200;

const marks: Record<Message["kind"], (severity: string) => string> = {
  raised: (severity) => severity.toUpperCase(),
  resolved: () => "RESOLVED",
  flapping: (severity) => `${severity.toUpperCase()}, FLAPPING`,
  "still-flapping": () => "STILL FLAPPING",
  settled: () => "SETTLED",
  together: (severity) => `${severity.toUpperCase()}, MANY AT ONCE`,
  test: (severity) => `TEST (${severity})`,
};

/** One line. @example "URGENT: nats-lost of pc2" */
export const titleOf = ({ kind, severity, alert, subject }: Message): string =>
  `${marks[kind](severity)}: ${kind === "test" ? "a test" : alert} of ${subject}`;

/** What, since when, impact, runbook, and where to look. */
export function textOf({ message, since, impact, runbook, machine, page }: Message): string {
  const lines = [message, `Since ${since}.`, ...(impact === "" ? [] : [`Impact: ${impact}`])];
  return [...lines, `Runbook: ${runbook}`, `Told by the hub of ${machine}, ${page}`].join("\n");
}

const instant = (wallMs: number) => new Date(wallMs).toISOString();
