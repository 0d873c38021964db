/** A runbook, or the list of all, as plain text for a terminal. */
import { type AlertName, alertSeverities } from "../../hub/core/alert-names.ts";
import type { AlertView } from "../../hub/http/api.ts";
import { align } from "../align.ts";
import { commandsAt, marks, type Place, type Runbook, type RunbookStep } from "./read.ts";

const lineLength = 110;

/** `!` marks an alert that stands. */
export function listText(runbooks: readonly Runbook[], alerts: readonly AlertView[], nowMs: number): string {
  const rows = runbooks.map(({ name, kind, summary }) => {
    const standing = alerts.filter((alert) => alert.name === name);
    const mark = standing.length > 0 ? "!" : "";
    const severity = kind === "alert" ? (alertSeverities[name as AlertName] ?? "") : "procedure"; // a file of another name has none
    const about = standing.length > 0 ? standing.map((alert) => aboutText(alert, nowMs)).join("; ") : summary;
    return [mark, name, severity, about];
  });
  const foreign = alerts
    .filter(({ name }) => !runbooks.some((runbook) => runbook.name === name))
    .map(({ name, severity, message }) => ["!", name, severity, `${message} (no runbook here: the hub is newer)`]);
  return align([...rows, ...foreign], 4).join("\n");
}

const aboutText = ({ subject, since, message }: AlertView, nowMs: number) =>
  `${subject}, for ${age(nowMs - Date.parse(since))}: ${message}`;

/** @param runbook filled already */
export function runbookText(runbook: Runbook, place: Place | undefined, standing: string): string {
  const sections = runbook.sections.flatMap(({ title, steps }) => [
    "",
    title.toUpperCase(),
    ...steps.filter((step) => isOfUse(step, place)).flatMap((step, index) => stepLines(step, index + 1, place)),
  ]);
  return [runbook.name, ...wrap(runbook.summary, "  "), "", standing, ...sections].join("\n");
}

/** A step whose commands are all for another place is left out. */
const isOfUse = (step: RunbookStep, place: Place | undefined) =>
  step.commands.length === 0 || commandsAt(step, place).length > 0;

function stepLines(step: RunbookStep, number: number, place: Place | undefined): string[] {
  const commands = commandsAt(step, place);
  if (commands.length === 0) return step.says.split("\n").flatMap((text) => wrap(text, "  "));
  const [first = "", ...more] = step.says.split("\n").flatMap((text) => wrap(text, "     "));
  const said = [`  ${number}.${first.slice(4)}`, ...more];
  return [
    ...said,
    ...commands.flatMap(({ only, text }) => {
      const mark = place === undefined && only !== undefined ? [`     ${markOf(only)}`] : [];
      return [...mark, ...text.split("\n").map((line) => `       ${line}`)];
    }),
  ];
}

const markOf = (only: Place) => Object.entries(marks).find(([, place]) => place === only)?.[0] ?? "";

function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line.length > indent.length && line.length + 1 + word.length > lineLength) {
      lines.push(line);
      line = indent;
    }
    line += line.length > indent.length ? ` ${word}` : word;
  }
  return [...lines, line];
}

/** @example 40_000 → "40 s", 300_000 → "5 min", 7_200_000 → "2.0 h" */
export function age(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}
