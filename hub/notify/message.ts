/** What a channel is given to tell: a notice in words, with what it means and what to do about it. */
import { impactOf } from "../core/alert-impacts.ts";
import { runbookPath } from "../core/alert-names.ts";
import type { Notice } from "../core/notify/notice.ts";

/** The body of a webhook; docs/alerting.md describes each field. */
export interface Message {
  v: 1;
  /** The same when it comes again. */
  id: string;
  kind: Notice["kind"] | "test";
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

const marks: Record<Message["kind"], (severity: string) => string> = {
  raised: (severity) => severity.toUpperCase(),
  resolved: () => "RESOLVED",
  flapping: (severity) => `${severity.toUpperCase()}, FLAPPING`,
  "still-flapping": () => "STILL FLAPPING",
  settled: () => "SETTLED",
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
