/** A deployment's plan, its end and its history as an operator reads them. */
import { align } from "../align.ts";
import type { Played } from "./carry-out.ts";
import type { Deployment } from "./deployment.ts";
import type { Task } from "./machine-run.ts";
import type { End } from "./steps.ts";

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** @param what such as `deploy` or `rollback to 6` */
export function planText(
  tasks: readonly Pick<Task, "plan" | "heals" | "record">[],
  number: number,
  what: string,
): string {
  const lines = tasks.flatMap(({ plan, heals, record }) => [
    `${plan.machine}${record.rollbackOf === undefined ? "" : ` (to what it was in ${record.rollbackOf})`}:`,
    ...(heals ? ["  an earlier deployment was cut off here: the machine is looked at anew, and finished first"] : []),
    ...(plan.isEmpty ? ["  no change"] : plan.words.map((word) => `  ${word}`)),
  ]);
  return [`${what}, deployment ${number}`, ...lines].join("\n");
}

export function endText(end: End, number: number, { steps, logs, notes }: Played): string {
  const tails = logs.flatMap(({ machine, container, state, lines }) => [
    `last lines of ${container} on ${machine} (${state}):`,
    ...(lines.length === 0 ? ["  it has written none"] : lines.map((line) => `  ${line}`)),
  ]);
  const times = steps
    .filter(({ step }) => step === "up" || step === "verify")
    .map(({ machine, step, way, ms }) => `${machine} ${step}${way === "back" ? " back" : ""} ${seconds(ms)}`);
  return [...sentences(end, number), ...tails, ...notes, ...(times.length === 0 ? [] : [times.join(", ")])].join("\n");
}

function sentences(end: End, number: number): string[] {
  switch (end.outcome) {
    case "done":
      return [`deployment ${number} is done`];
    case "refused":
      return [`nothing was changed: ${end.failure.machine}: ${end.failure.why}`];
    case "rolled back":
      return [
        `deployment ${number} was rolled back: ${end.failure.during} of ${end.failure.machine} failed:`,
        ...indented(end.failure.why),
        "all machines that it touched are as they were",
      ];
    case "failed":
      return [
        `deployment ${number} failed: ${end.failure.during} of ${end.failure.machine}:`,
        ...indented(end.failure.why),
        ...end.stuck.flatMap(({ machine, during, why }) => [
          `${machine} was not brought back (${during}):`,
          ...indented(why),
        ]),
        "  → tandem doctor looks at it; tandem deploy, once the cause is mended, or tandem rollback --alone --machine M, makes it whole",
      ];
    case "interrupted":
      return [
        end.halfway === undefined
          ? `deployment ${number} was ended between two machines; each is whole`
          : `deployment ${number} was ended in the middle of ${end.halfway}`,
        "  → the next tandem deploy looks what is there and goes on",
      ];
  }
}

const indented = (text: string) => text.split("\n").map((line) => `  ${line}`);

const columns = ["no.", "machine", "at", "by", "commit", "outcome", "took", "what"];

/** The newest first. */
export function historyText(kept: readonly Deployment[]): string {
  if (kept.length === 0) return "no deployment is kept on any machine that answers";
  const rows = sorted(kept).map((one) => [
    `${one.number}`,
    one.machine,
    one.at.slice(0, 19).replace("T", " "),
    one.by,
    one.commit === null ? "-" : `${one.commit.slice(0, 8)}${one.dirty ? "+" : ""}`,
    one.outcome,
    one.tookMs === null ? "-" : seconds(one.tookMs),
    whatOf(one),
  ]);
  return align([columns, ...rows]).join("\n");
}

export function sorted(kept: readonly Deployment[]): Deployment[] {
  return kept.toSorted((a, b) => b.number - a.number || (a.machine < b.machine ? -1 : 1));
}

function whatOf({ rollbackOf, agent, changes, why }: Deployment): string {
  const back = rollbackOf === undefined ? [] : [`${agent === undefined ? "back" : `${agent} back`} to ${rollbackOf}`];
  const [first = ""] = changes;
  const more = changes.length > 1 ? ` (+${changes.length - 1})` : "";
  return [...back, why === "" ? `${first}${more}` : cut(why.split("\n")[0] ?? "")].join("; ");
}

/** The record has the rest. */
const mostCharacters = 100;
const cut = (text: string) => (text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text);
