/** `tandem migrate`: brings the fleet's agents to the dual-hub arrangement, batch after batch, and back where one does worse. */
import { randomUUID } from "node:crypto";
import { type Command, InvalidArgumentError, Option } from "commander";
import { fleetDir } from "../fleet/load.ts";
import { ask } from "./client/hub-client.ts";
import { listenForEnd } from "./deploy/listen-for-end.ts";
import { OperatorError } from "./error.ts";
import { localData, localRun, mindingNames } from "./ledger/hubs.ts";
import { undo, withdraw } from "./migrate/agent-step.ts";
import { requireDeletions } from "./migrate/deeds.ts";
import { deployedSite, requireHosts } from "./migrate/deployed-site.ts";
import { DriverSeat, driverOf } from "./migrate/driver-seat.ts";
import { requireSameFleet } from "./migrate/inventory-match.ts";
import { MigrationLedger } from "./migrate/ledger.ts";
import { MigrationLimits } from "./migrate/limits.ts";
import { localSite } from "./migrate/local-site.ts";
import { reportOf, requireFolder, tryReport } from "./migrate/report.ts";
import { type BatchResult, MigrationRun, type RunOptions } from "./migrate/run.ts";
import { type BatchPlan, batchPlans } from "./migrate/schedule.ts";
import { duration, type PlannedBatch, planned, planText, remainingMs, statusOf, statusText } from "./migrate/show.ts";
import type { MigrationSite } from "./migrate/site.ts";
import { type AgentMigration, isUnderWay } from "./migrate/state.ts";
import { siteDir } from "./site/stacks.ts";
import { tellTimeline } from "./site/tell-timeline.ts";
import { typed } from "./terminal/confirmation.ts";

interface SiteOptions {
  data?: string;
  stacksOnly?: boolean;
  dir: string;
  fleet?: string;
  json: boolean;
}

interface RunFlags extends SiteOptions {
  batch?: string[];
  skip?: string[];
  parallel: number;
  watch: number;
  baseline: number;
  reports?: string;
  yes: boolean;
}

const defaults = MigrationLimits.parse({});
const say = (line: string) => void process.stderr.write(`${line}\n`);
const print = (text: string) => void process.stdout.write(`${text}\n`);

/** Actions throw OperatorError; the program shows it. */
export function registerMigrate(program: Command): void {
  const migrate = program
    .command("migrate")
    .description("bring agents to the dual-hub arrangement in the inventory's batches, and back where one does worse")
    .addHelpText(
      "after",
      "\nExample, on a pair that npm start runs:\n  $ tandem migrate plan\n  $ tandem migrate run --batch pilots --watch 30s\n  $ tandem migrate status",
    );
  common(migrate.command("plan").description("what a run would do, and in which order")).action(plan);
  common(migrate.command("status").description("where every agent stands, and who drives the migration")).action(
    status,
  );
  const run = common(migrate.command("run"))
    .description("migrate batch after batch; ends with 1 when an agent was taken back, with 130 when interrupted")
    .option("--batch <name...>", "only these batches @default all that are not done, in their order")
    .option("--skip <agent...>", "leave agents out, by machine/name");
  timed(run)
    .option("--parallel <n>", "agents under way at once", wholeNumber, 8)
    .option("--reports <dir>", "folder for a report of each batch, in Markdown and JSON")
    .option("--yes", "do not ask", false)
    .action(runAll);
  const back = common(migrate.command("undo"))
    .description("take agents back to what they did before")
    .argument("<agent...>", "by machine/name");
  back.option("--yes", "do not ask", false).action(takeBack);
}

function common(command: Command): Command {
  return mindingNames(command)
    .option("--data <dir>", `folder of a local run (${localData} when one runs there)`)
    .option("--dir <dir>", "folder of a deployed site: Pulumi.yaml and the stacks' files", siteDir)
    .option("--fleet <dir>", "folder of the inventory, when it is another one than the site's")
    .option("--json", "print JSON", false);
}

function timed(command: Command): Command {
  const timeOption = (flags: string, what: string, ms: number) =>
    new Option(flags, `${what}, such as 30s or 10m`).argParser(time).default(ms, shortTime(ms));
  return command
    .addOption(timeOption("--watch <time>", "how long each agent is held against its baseline", defaults.watchMs))
    .addOption(timeOption("--baseline <time>", "how long it is watched before", defaults.baselineMs));
}

async function plan(options: SiteOptions): Promise<void> {
  const site = await siteOf(options);
  const ledger = await MigrationLedger.read(site, "");
  const view = planned(batchPlans(site.fleet), site.fleet, ledger.states);
  print(options.json ? JSON.stringify({ site: site.name, batches: view }) : planText(view, defaults, 8));
}

async function status(options: SiteOptions): Promise<void> {
  const site = await siteOf(options);
  const ledger = await MigrationLedger.read(site, "");
  const view = statusOf(batchPlans(site.fleet), ledger.states, await driverOf(site.hubs));
  print(options.json ? JSON.stringify(view) : statusText(view, Date.now()));
}

async function runAll(flags: RunFlags): Promise<void> {
  const site = await siteOf(flags);
  const limits = MigrationLimits.parse({ watchMs: flags.watch, baselineMs: flags.baseline });
  const skipped = new Set(flags.skip ?? []);
  requireAgents(site, [...skipped]);
  const plans = chosenBatches(site, flags.batch);
  const before = await MigrationLedger.read(site, "");
  const view = planned(plans, site.fleet, before.states);
  say(planText(view, limits, flags.parallel));
  const isIdle = view.length === 0 && ![...before.states.values()].some(isUnderWay);
  if (isIdle) return print(flags.json ? JSON.stringify({ outcome: "done", batches: [] }) : "nothing to do");
  requireFolder(flags.reports ?? site.reports);
  await requireDeletions(concerned(site, view, before), site);
  const signal = listenForEnd({ kill: () => {} }, say);
  if (!flags.yes && !(await typed("migrate", `This changes agents of ${site.name}`, signal))) {
    process.exitCode = signal.aborted ? 130 : 1;
    return print(flags.json ? JSON.stringify({ outcome: "declined" }) : "the word was not typed, so nothing was done");
  }
  const options = { limits, skipped, signal, parallel: flags.parallel };
  const { results, unreported } = await driven(
    site,
    "migrate run",
    plans.map(({ name }) => name).join(", "),
    (seat, ledger) => batches({ site, plans, ledger, seat, flags, options }),
    (ended) => endText(ended.results).split("\n", 1)[0] ?? "",
  );
  const last = results.at(-1)?.outcome ?? "done";
  const isWhole = last === "done" && !results.some(isLacking) && unreported.length === 0;
  process.exitCode = last === "interrupted" ? 130 : isWhole ? 0 : 1;
  const text = [endText(results), ...unreported].join("\n");
  print(flags.json ? JSON.stringify({ outcome: last, batches: results.map(jsonOf), unreported }) : text);
}

interface BatchesRequest {
  site: MigrationSite;
  plans: readonly BatchPlan[];
  ledger: MigrationLedger;
  seat: DriverSeat;
  flags: RunFlags;
  options: Pick<RunOptions, "limits" | "skipped" | "signal" | "parallel">;
}

interface BatchesResult {
  results: BatchResult[];
  /** Batches of which no report could be written, and why, in words. */
  unreported: string[];
}

async function batches({ site, plans, ledger, seat, flags, options }: BatchesRequest): Promise<BatchesResult> {
  await retryUndone(ledger, plans, options.skipped);
  await withdrawSkipped(ledger, options.skipped);
  const onStage = (state: AgentMigration) => say(stageLine(state, plans, ledger, options.parallel));
  const run = new MigrationRun(site, ledger, seat, { ...options, say, onStage });
  const results: BatchResult[] = [];
  const unreported: string[] = [];
  for (const plan of plans) {
    const beganAt = new Date().toISOString();
    const result = await run.batch(plan);
    results.push(result);
    if (result.states.some(({ begunMs }) => begunMs !== null)) {
      const about = { beganAt, endedAt: new Date().toISOString(), by: seat.by, site: site.name };
      const report = tryReport(flags.reports ?? site.reports, reportOf(result, about));
      const text = "path" in report ? `report: ${report.path}` : `no report of ${plan.name}: ${report.why}`;
      if ("why" in report) unreported.push(text);
      say(text);
    }
    if (result.outcome !== "done") break;
  }
  return { results, unreported };
}

/** Agents whose groups a run deletes: those of its plan, and those that an earlier run has left under way. */
function concerned({ fleet }: MigrationSite, view: readonly PlannedBatch[], { states }: MigrationLedger) {
  const ids = new Set(view.flatMap(({ groups }) => groups.flat().map(({ agent }) => agent)));
  for (const state of states.values()) if (isUnderWay(state)) ids.add(state.agent);
  return fleet.agents.filter(({ id }) => ids.has(id));
}

/** Whoever runs this again means those, too, that were taken back. */
async function retryUndone(
  ledger: MigrationLedger,
  plans: readonly BatchPlan[],
  skipped: ReadonlySet<string>,
): Promise<void> {
  const members = new Set(plans.flatMap(({ groups }) => groups.flat()));
  const undone = [...ledger.states.values()].filter(
    ({ agent, stage }) => stage === "undone" && members.has(agent) && !skipped.has(agent),
  );
  await ledger.write(undone.map((state) => ({ ...state, stage: "waiting" })));
}

/** Left under way by an earlier run, and not wanted in this one. */
async function withdrawSkipped(ledger: MigrationLedger, skipped: ReadonlySet<string>): Promise<void> {
  const begun = [...ledger.states.values()].filter((state) => skipped.has(state.agent) && isUnderWay(state));
  await ledger.write(begun.map((state) => withdraw(state, Date.now())));
}

async function takeBack(agents: string[], flags: SiteOptions & { yes: boolean }): Promise<void> {
  const site = await siteOf(flags);
  requireAgents(site, agents);
  await requireDeletions(
    site.fleet.agents.filter(({ id }) => agents.includes(id)),
    site,
  );
  const signal = listenForEnd({ kill: () => {} }, say);
  if (!flags.yes && !(await typed("undo", `This takes ${agents.join(" and ")} back`, signal))) {
    process.exitCode = signal.aborted ? 130 : 1;
    return print(flags.json ? JSON.stringify({ outcome: "declined" }) : "the word was not typed, so nothing was done");
  }
  const back = async (seat: DriverSeat, ledger: MigrationLedger) => {
    const begun = agents.flatMap((id) => ledger.states.get(id) ?? []).filter(({ revision }) => revision > 0);
    const options = { limits: defaults, skipped: new Set<string>(), signal, parallel: 8 };
    const onStage = ({ agent, stage }: AgentMigration) => say(`${agent}: ${stage}`);
    const run = new MigrationRun(site, ledger, seat, { ...options, say, onStage });
    return await run.takeBack(begun.map((state) => undo(state, `asked for by ${seat.by}`, Date.now()).state));
  };
  const states = await driven(site, "migrate undo", agents.join(", "), back, (ended) => `${ended.length} agents`);
  if (signal.aborted) process.exitCode = 130;
  else if (states.some(({ stage, why }) => stage !== "undone" || why.includes("not wholly undone")))
    process.exitCode = 1;
  print(
    flags.json
      ? JSON.stringify({ agents: states })
      : states.map(({ agent, stage, why }) => `${agent}: ${stage}, ${why}`).join("\n") || "none of them was begun",
  );
}

/** Under the one seat, which is left whatever comes. */
async function driven<T>(
  site: MigrationSite,
  what: string,
  /** What is migrated. */
  about: string,
  work: (seat: DriverSeat, ledger: MigrationLedger) => Promise<T>,
  endOf: (result: T) => string,
): Promise<T> {
  const seat = await DriverSeat.take(site, what, randomUUID());
  const say = (phase: "begun" | "ended", how: string) =>
    tellTimeline(site.give, { kind: "migration", phase, subject: about, text: `${what}${how}`, by: seat.by });
  let how = " broke off";
  try {
    await say("begun", "");
    const result = await work(seat, await MigrationLedger.read(site, seat.by));
    how = `: ${endOf(result)}`;
    return result;
  } finally {
    await say("ended", how);
    await seat.leave();
  }
}

async function siteOf({ dir, fleet, ...asked }: SiteOptions): Promise<MigrationSite> {
  const local = localRun(asked);
  const site =
    local === undefined ? deployedSite(dir, fleet, "migration-reports") : await localSite(local, fleet ?? fleetDir);
  requireHosts(site);
  for (const url of site.hubs.values()) {
    const view = await ask(url, "getFleet", {});
    if (view === undefined) continue;
    requireSameFleet(site, view);
    return site;
  }
  const next = "Start the pair first, or look with tandem doctor at what is wrong with it";
  throw new OperatorError("migrate.silent", `no hub of ${site.name} answers`, next);
}

function chosenBatches({ fleet }: MigrationSite, names: readonly string[] | undefined): BatchPlan[] {
  const all = batchPlans(fleet);
  const unknown = names?.find((name) => !all.some((plan) => plan.name === name));
  if (unknown === undefined) return names === undefined ? all : all.filter(({ name }) => names.includes(name));
  const next = `The inventory has: ${all.map(({ name }) => name).join(", ")}`;
  throw new OperatorError("migrate.batch", `there is no batch ${unknown}`, next);
}

function requireAgents({ fleet }: MigrationSite, ids: readonly string[]): void {
  const unknown = ids.find((id) => !fleet.agents.some((agent) => agent.id === id));
  if (unknown === undefined) return;
  throw new OperatorError(
    "migrate.agent",
    `there is no agent ${unknown}`,
    "tandem fleet list names them, as machine/name",
  );
}

function stageLine(
  state: AgentMigration,
  plans: readonly BatchPlan[],
  ledger: MigrationLedger,
  parallel: number,
): string {
  const { agent, stage, why, tookMs } = state;
  const took = tookMs === null ? "" : ` after ${duration(tookMs)}`;
  const line = `${agent}: ${stage}${stage === "done" || stage === "undone" ? took : ""}${why === "" ? "" : `, ${why}`}`;
  if (stage !== "done") return line;
  const members = plans.flatMap(({ groups }) => groups.flat());
  const done = members.filter((id) => ledger.states.get(id)?.stage === "done").length;
  const left = remainingMs(plans, ledger.states, parallel);
  return `${line} (${done} of ${members.length}${left === undefined || left === 0 ? "" : `, about ${duration(left)} left`})`;
}

const isLacking = ({ states, blocked }: BatchResult): boolean =>
  blocked.size > 0 || states.some(({ stage }) => stage === "undone");

function endText(results: readonly BatchResult[]): string {
  const states = results.flatMap((result) => result.states);
  const done = states.filter(({ stage }) => stage === "done").length;
  const failed = states
    .filter(({ stage }) => stage === "undone")
    .map(({ agent, why }) => `  ${agent} was taken back: ${why}`);
  const blocked = results.flatMap((result) =>
    [...result.blocked].map(([agent, why]) => `  ${agent} was not begun: ${why}`),
  );
  const last = results.at(-1);
  const how = last === undefined || last.outcome === "done" ? "" : `, batch ${last.batch} was ${last.outcome}`;
  return [`${done} of ${states.length} agents are migrated${how}`, ...failed, ...blocked].join("\n");
}

function jsonOf({ batch, outcome, states, blocked }: BatchResult): unknown {
  return { batch, outcome, agents: states, blocked: Object.fromEntries(blocked) };
}

function time(text: string): number {
  const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(amount) * ({ ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit] ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 1) return Math.round(ms);
  throw new InvalidArgumentError("a time such as 30s or 10m is wanted.");
}

/** As `time` reads it. @example "10m" */
const shortTime = (ms: number): string => (ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1_000}s`);

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 100) return number;
  throw new InvalidArgumentError("a whole number from 1 to 100 is wanted.");
}
