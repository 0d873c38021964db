/** `tandem chaos`: breaks a pair of its own in many ways, one after the other, and reports what clients saw of it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { seededRandom } from "./chaos/random.ts";
import { bar, toMarkdown, toText } from "./chaos/report.ts";
import type { RunView } from "./chaos/run-view.ts";
import { allScenarios, chooseScenarios } from "./chaos/scenarios/all.ts";
import { type ShowView, show } from "./chaos/show.ts";
import { Stage } from "./chaos/stage.ts";
import type { AgentChoice } from "./local/site.ts";
import { natural, positive } from "./numbers.ts";
import { leaveEvidence } from "./readiness/evidence.ts";

interface ChaosOptions {
  list: boolean;
  seed: number;
  runs: number;
  pairs: number;
  holdSeconds: number;
  partitionSeconds: number;
  portOffset?: number;
  agents: AgentChoice;
  report?: string;
  keep: boolean;
  json: boolean;
  evidence?: string;
}

/** A terminal's Ctrl-C may arrive twice, from its own group and from npm, ms. */
const sameKeypressMs = 500;

export function registerChaos(program: Command): void {
  program
    .command("chaos")
    .description(
      "play faults on a pair of its own (real processes on this computer) and report what clients saw of them",
    )
    .argument("[scenario...]", "those to play (default: all)")
    .option("--list", "name and explain all scenarios", false)
    .option("--seed <n>", "draws targets and times; a run prints its own", natural, Date.now() % 1_000_000)
    .option("--runs <n>", "times that each is played", natural, 1)
    .option("--pairs <n>", "pairs of these at the same time, drawn at random, after the single ones", natural, 0)
    .option("--hold-seconds <n>", "how long a fault stands", positive, 8)
    .option("--partition-seconds <n>", "how long a full partition stands", positive, 60)
    .option("--port-offset <n>", "added to every port of the pair (default: one with which all are free)", natural)
    .addOption(new Option("--agents <which>", "agents to run").choices(["pilots", "all", "none"]).default("pilots"))
    .option("--report <file>", "write the tables as Markdown, too")
    .option("--keep", "keep data and logs", false)
    .option("--evidence <dir>", "leave there what tandem readiness reads")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ tandem chaos hub-crash partition --partition-seconds 20 --runs 3 --seed 7")
    .action(run);
}

async function run(names: string[], options: ChaosOptions): Promise<void> {
  if (options.list) return list(options);
  const scenarios = chooseScenarios(names);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const random = seededRandom(options.seed);
  const dir = mkdtempSync(join(tmpdir(), "tandem-chaos-"));
  const interrupted = new AbortController();
  let stage: Stage | undefined;
  const onSignal = interrupter(interrupted, () => stage?.kill(), say);
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  say(`seed ${options.seed}; ${scenarios.length} scenarios, ${options.runs} times each, then ${options.pairs} pairs`);
  try {
    const needs = (what: "links" | "disk") => scenarios.some((scenario) => scenario.needs === what);
    const { portOffset, agents } = options;
    const onStage = (made: Stage) => (stage = made);
    const made = { dir, portOffset, agents, random: random.fork(), links: needs("links"), disk: needs("disk"), say };
    stage = await Stage.set({ ...made, onStage }, interrupted.signal);
    const view = await show({
      stage,
      scenarios,
      runs: options.runs,
      pairs: options.pairs,
      times: { holdMs: options.holdSeconds * 1_000, partitionMs: options.partitionSeconds * 1_000 },
      random,
      say,
      onRun: (one) => say(lineOf(one)),
      signal: interrupted.signal,
    });
    tell(view, options);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
  } finally {
    await stage?.close();
    if (options.keep) say(`kept: ${dir}`);
    else rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  }
  if (!interrupted.signal.aborted) return;
  say("interrupted: everything is undone, and the pair is gone");
  process.exitCode = 130;
}

/** The first signal undoes and ends, a later one kills. */
function interrupter(interrupted: AbortController, kill: () => void, say: (line: string) => void): () => void {
  let firstAtMs: number | undefined;
  return () => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now();
      say("undoing what was done, then stopping the pair");
      interrupted.abort(new Error("interrupted"));
    } else if (performance.now() - firstAtMs > sameKeypressMs) kill();
  };
}

function tell(view: ShowView, options: ChaosOptions): void {
  const { json, report, seed, runs, evidence } = options;
  const failed = view.runs.some(({ problems }) => problems.length > 0) || view.month.availability < bar;
  if (failed) process.exitCode = 1;
  leaveEvidence(evidence, "tandem", { name: "chaos", ok: !failed, figures: { seed, ...figuresOf(view) } });
  const about = `Seed ${seed}, each scenario ${runs} times, on one computer: \`tandem chaos --seed ${seed} --runs ${runs}\`.`;
  if (report !== undefined) writeFileSync(report, toMarkdown(view, about));
  process.stdout.write(json ? `${JSON.stringify({ seed, ok: !failed, ...view })}\n` : `${toText(view)}\n`);
}

/** A show is whole when every scenario was played: one that this computer cannot play proves nothing. */
function figuresOf({ runs, month, interrupted }: ShowView): Record<string, number> {
  const played = new Set(runs.map(({ scenario }) => scenario));
  const outages = runs.flatMap(({ takeovers }) => takeovers ?? []).map(({ outageMs }) => outageMs);
  return {
    scenarios: played.size,
    whole: !interrupted && allScenarios.every(({ name }) => played.has(name)) ? 1 : 0,
    acknowledged: runs.reduce((sum, { records }) => sum + records.acknowledged, 0),
    lost: runs.reduce((sum, { records }) => sum + records.lost.length, 0),
    unrecovered: runs.filter(({ recoveryMs }) => recoveryMs === null).length,
    worstRecoveryMs: Math.max(...runs.map(({ recoveryMs }) => recoveryMs ?? 0)),
    worstOutageMs: Math.max(0, ...outages),
    availability: month.availability,
  };
}

function lineOf({ scenario, detections, recoveryMs, seen, records, problems }: RunView): string {
  const noticed = detections.map(({ what, afterMs }) =>
    afterMs === null ? `NOT: ${what}` : `${what} after ${afterMs} ms`,
  );
  const failed = seen.reduce((sum, { failed: count }) => sum + count, 0);
  const asked = seen.reduce((sum, { requests }) => sum + requests, 0);
  const parts = [
    ...noticed,
    recoveryMs === null ? "did not recover" : `recovered in ${recoveryMs} ms`,
    `${failed} of ${asked} requests failed`,
    `${records.lost.length} of ${records.acknowledged} acknowledged pushes lost`,
    ...problems.map((problem) => `PROBLEM: ${problem}`),
  ];
  return `${scenario}: ${parts.join("; ")}`;
}

function list({ json }: ChaosOptions): void {
  const known = allScenarios.map(({ name, explains, perMonth }) => ({ name, explains, perMonth }));
  const width = Math.max(...known.map(({ name }) => name.length));
  const lines = known.map(({ name, explains, perMonth }) => `${name.padEnd(width)}  ${explains} (${perMonth} a month)`);
  process.stdout.write(`${json ? JSON.stringify({ scenarios: known }) : lines.join("\n")}\n`);
}
