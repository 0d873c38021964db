/** Writes down how a batch went, for people (Markdown) and programs (JSON). Pure but for what makes the folder and writes. */
import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import { writeWhole } from "../local/data-folder.ts";
import type { BatchResult } from "./run.ts";
import type { AgentMigration, Stage } from "./state.ts";

export interface BatchReport {
  v: 1;
  batch: string;
  outcome: BatchResult["outcome"];
  /** ISO 8601 in UTC. */
  beganAt: string;
  endedAt: string;
  by: string;
  site: string;
  agents: (Pick<AgentMigration, "agent" | "stage" | "why" | "notes" | "baseline" | "tookMs"> & { waitsFor: string })[];
}

export function reportOf(
  { batch, outcome, states, blocked }: BatchResult,
  about: Pick<BatchReport, "beganAt" | "endedAt" | "by" | "site">,
): BatchReport {
  const agents = states.map(({ agent, stage, why, notes, baseline, tookMs }) => {
    return { agent, stage, why, notes, baseline, tookMs, waitsFor: blocked.get(agent) ?? "" };
  });
  return { v: 1, batch, outcome, ...about, agents };
}

const outcomes: Readonly<Record<BatchResult["outcome"], string>> = {
  done: "It was carried through.",
  stopped: "It was stopped at the first breach; the rest was left as it was.",
  interrupted: "It was interrupted; the next run goes on with it.",
};

export function markdownOf(report: BatchReport): string {
  const { batch, outcome, beganAt, endedAt, by, site, agents } = report;
  const count = (stage: Stage) => agents.filter((one) => one.stage === stage).length;
  const failed = agents.filter(({ why }) => why !== "");
  const notes = agents.flatMap(({ agent, notes: own }) => own.map((note) => `- ${agent}: ${note}`));
  return [
    `# Migration, batch ${batch}`,
    "",
    `${count("done")} of ${agents.length} agents migrated, ${count("undone")} taken back. ${outcomes[outcome]}`,
    "",
    `${beganAt} to ${endedAt}, by ${by}, ${site}.`,
    "",
    "| agent | outcome | took | probes before, 95 % within | why |",
    "|---|---|---|---|---|",
    ...agents.map(
      (one) =>
        `| ${[one.agent, one.stage, seconds(one.tookMs), latency(one), cell(one.why || one.waitsFor)].join(" | ")} |`,
    ),
    ...(failed.length === 0
      ? []
      : ["", "## Taken back", "", ...failed.map(({ agent, why }) => `- **${agent}**: ${why}`)]),
    ...(notes.length === 0 ? [] : ["", "## Seen on the way", "", ...notes]),
    "",
  ].join("\n");
}

/** Before anything is migrated. @throws OperatorError when no report could be written there */
export function requireFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new OperatorError(
      "migrate.reports",
      `no report can be written into ${folder}: ${messageOf(error)}`,
      "Make it writable, or name another folder with --reports",
    );
  }
}

/** A disk may have filled since: what was migrated is so all the same. @returns the path of the one for people, or why there is none */
export function tryReport(folder: string, report: BatchReport): { path: string } | { why: string } {
  try {
    return { path: writeReport(folder, report) };
  } catch (error) {
    return { why: messageOf(error) };
  }
}

/** @returns the path of the one for people */
export function writeReport(folder: string, report: BatchReport): string {
  mkdirSync(folder, { recursive: true });
  // Colons are no part of a file's name everywhere.
  const name = `${report.beganAt.slice(0, 19).replaceAll(":", "")}-${report.batch.replaceAll(/[^A-Za-z0-9]+/g, "-")}`;
  writeWhole(join(folder, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`);
  writeWhole(join(folder, `${name}.md`), markdownOf(report));
  return join(folder, `${name}.md`);
}

const seconds = (ms: number | null): string => (ms === null ? "" : `${(ms / 1_000).toFixed(1)} s`);
const latency = ({ baseline }: BatchReport["agents"][number]): string =>
  baseline?.latencyP95Ms == null ? "" : `${baseline.latencyP95Ms.toFixed(1)} ms`;
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
