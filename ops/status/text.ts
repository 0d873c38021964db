/** The status of a pair as one screen of text. Pure. */

import type { ObjectiveView } from "../../hub/http/objectives-json.ts";
import { age } from "../age.ts";
import { align } from "../align.ts";
import { share } from "../objectives/table.ts";
import { oneLine } from "../one-line.ts";
import type { MachineLine, StatusView } from "./view.ts";

/** So that both machines, their services and agents fit a terminal of 40 lines. */
const mostLines = 12;
const mostNamed = 4;

export function statusText(view: StatusView): string {
  const { answeredBy, troubles } = view;
  if (answeredBy === undefined) return troubles.map(oneLine).join("\n");
  const { hub, machine, url, version, now, startedAt, tookMs } = answeredBy;
  const nowMs = Date.parse(now);
  const since = (instant: string) => age(nowMs - Date.parse(instant));
  const up = startedAt === undefined ? "" : `, up ${since(startedAt)}`;
  const verdict = troubles.length === 0 ? "all is well" : `not well: ${counted(troubles.length, "thing")}`;
  const sections = [
    [`${verdict}, by ${hub} of ${machine} (${url}, ${version}${up}), ${age(tookMs)} old`, ...bounded(troubles, "  - ")],
    align([
      ["machine", "since", "hub", "NATS", "Pushgateway", "heard", "sync", "uncopied", "copies", "missing", "buffer"],
      ...view.machines.map((line) => row(line, since)),
    ]),
    view.satellites.map(
      ({ name, verdict: its, since: from, reason, askedBy }) =>
        `satellite ${name}: ${its}, ${since(from)}, asked by ${askedBy}${reason === "" ? "" : `: ${reason}`}`,
    ),
    servicesOf(view),
    agentsOf(view, since),
    view.maintenance.map(
      ({ target, until, reason, by }) =>
        `maintenance of ${target} for another ${age(Date.parse(until) - nowMs)}: ${reason} (${by})`,
    ),
    (view.alerts ?? [])
      .slice(0, mostLines)
      .map(({ severity, name, subject, since: from }) => `alert ${name} of ${subject}, ${severity}, ${since(from)}`),
    view.objectives === undefined ? [] : [objectivesText(view.objectives)],
    view.migration === undefined ? [] : [`migration: ${migrationText(view.migration)}`],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map(oneLine).join("\n"))
    .join("\n\n");
}

function row({ name, machine, hub, nats, pushgateway, heardAgoMs, own }: MachineLine, since: Since): string[] {
  const parts = [hub, nats, pushgateway].map(({ verdict, since: from }) => `${verdict} ${since(from)}`);
  const heard = heardAgoMs === null ? "-" : `${age(heardAgoMs)} ago`;
  const judged = [`${name} ${machine.verdict}`, since(machine.since), ...parts, heard];
  if (own === undefined) return [...judged, "its hub does not answer", "", "", "", ""];
  const { sync, copies, missing, bufferSeconds } = own;
  const state = sync.state === "in-sync" ? "in sync" : sync.state;
  return [
    ...judged,
    `${state} ${since(sync.since)}`,
    String(sync.uncopied),
    ...[copies, missing].map((count) => (count === undefined ? "?" : String(count))),
    bufferText(bufferSeconds),
  ];
}

type Since = (instant: string) => string;

/** @example 18_000 → "5.0 h" */
function bufferText(seconds: number | undefined): string {
  if (seconds === undefined) return "?";
  return Number.isFinite(seconds) ? age(seconds * 1_000) : "no end";
}

function servicesOf({ services }: StatusView): string[] {
  const lines = services.map(({ name, state, owner, home, epoch, reason }) => {
    const why = reason === "" ? "" : `: ${reason}`;
    return `service ${name} ${state}, home ${home}, owner ${owner} by epoch ${epoch}${why}`;
  });
  return bounded(lines, "");
}

function agentsOf({ agents: { total, healthy, groups } }: StatusView, since: Since): string[] {
  const head = `agents: ${healthy} of ${total} healthy`;
  const lines = groups.slice(0, mostLines).map(({ machine, health, names, reason, since: from }) => {
    const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
    const why = reason === "" ? "" : `: ${reason}`;
    return `  ${health}  ${machine}  ${names.slice(0, mostNamed).join(", ")}${more}, ${since(from)}${why}`;
  });
  const left = groups.slice(mostLines).reduce((sum, { names }) => sum + names.length, 0);
  return [head, ...lines, ...(left === 0 ? [] : [`  and ${left} more agents`])];
}

/** What was never served yet is not told of. */
function objectivesText(objectives: readonly ObjectiveView[]): string {
  const asked = objectives.filter(({ total }) => total > 0).toSorted((a, b) => a.budgetLeft - b.budgetLeft);
  const [least] = asked;
  if (least === undefined) return "objectives: nothing was served yet";
  const kept = asked.filter(({ budgetLeft }) => budgetLeft > 0).length;
  const burning = asked.filter((each) => each.burning !== "no").map(({ name }) => name);
  const left = `least left is ${share(least.budgetLeft, 1)} of the budget of ${least.name}`;
  return `objectives: ${kept} of ${asked.length} kept, ${left}${burning.length === 0 ? "" : `; burning: ${burning.slice(0, mostNamed).join(", ")}`}`;
}

function migrationText(counts: Record<string, number>): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const others = Object.entries(counts).filter(([stage]) => stage !== "done");
  return [`${counts.done ?? 0} of ${all} begun are done`, ...others.map(([stage, count]) => `${count} ${stage}`)].join(
    ", ",
  );
}

function bounded(lines: readonly string[], indent: string): string[] {
  const left = lines.length - mostLines;
  return [...lines.slice(0, mostLines), ...(left > 0 ? [`and ${left} more`] : [])].map((line) => `${indent}${line}`);
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
