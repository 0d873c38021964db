/** `tandem drill`: brings faults about on the pair that is in use, in a window, and keeps what was measured. */
import { hostname, userInfo } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import { listenForEnd } from "./deploy/listen-for-end.ts";
import { deployedDrillSite } from "./drill/deployed-site.ts";
import type { Played } from "./drill/figures.ts";
import { drillHistory } from "./drill/history.ts";
import { localDrillSite } from "./drill/local-site.ts";
import { historyText } from "./drill/report.ts";
import { type Drilled, type DrillOptions, requireFit, runDrill } from "./drill/run.ts";
import { chooseDrills, scenarios } from "./drill/scenarios.ts";
import { DrillSeat } from "./drill/seat.ts";
import type { DrillSite } from "./drill/site.ts";
import { tell } from "./drill/tell.ts";
import { DrillTold } from "./drill/told.ts";
import { isInWindow, parseWindow, type Window } from "./drill/window.ts";
import { OperatorError } from "./error.ts";
import { localData, localRun, mindingNames } from "./ledger/hubs.ts";
import { siteDir } from "./site/stacks.ts";
import { typed } from "./terminal/confirmation.ts";

interface SiteOptions {
  data?: string;
  stacksOnly?: boolean;
  dir: string;
  stack: string[];
  json: boolean;
}

interface RunFlags extends SiteOptions {
  machine?: string[];
  rounds: number;
  holdSeconds: number;
  window?: Window;
  reports?: string;
  yes: boolean;
}

const say = (line: string) => void process.stderr.write(`${line}\n`);
const print = (text: string) => void process.stdout.write(`${text}\n`);

/** Actions throw OperatorError; the program shows it. */
export function registerDrill(program: Command): void {
  const drill = program
    .command("drill")
    .description("faults on the pair that is in use, each healing by itself: what did clients see of them?")
    .addHelpText("after", "\nExample:\n  $ tandem drill run hub-crash nats-crash --rounds 3 --window 02:00-04:00");
  common(drill.command("run"))
    .description("ends with 1 when a bar was missed, with 130 when interrupted")
    .argument("[fault...]", "those to play; tandem drill list explains them @default all")
    .option("--machine <name...>", "only on these @default both, by turns")
    .option("--rounds <n>", "times that each is played on each machine", rounds, 1)
    .option("--hold-seconds <n>", "how long a frozen server stands still, 60 at most", holdSeconds, 8)
    .option("--window <from-to>", "local time of day outside of which nothing is begun, such as 02:00-04:00", windowOf)
    .option("--reports <dir>", "folder for the report, in Markdown and JSON")
    .option("--yes", "do not ask", false)
    .action(run);
  drill.command("list").description("the faults").option("--json", "print JSON", false).action(list);
  common(drill.command("history")).description("the drills that both hubs keep, the newest first").action(history);
}

function common(command: Command): Command {
  return mindingNames(command)
    .option("--data <dir>", `folder of a local run (${localData} when one runs there)`)
    .option("--dir <dir>", "folder of a deployed site: Pulumi.yaml and the stacks' files", siteDir)
    .option("--stack <name...>", "stacks of the pair", ["mainpc", "pc2"])
    .option("--json", "print JSON", false);
}

async function run(names: string[], flags: RunFlags): Promise<void> {
  const { chosen, unknown } = chooseDrills(names);
  if (unknown.length > 0) {
    const next = `There are: ${scenarios.map(({ name }) => name).join(", ")}`;
    throw new OperatorError("drill.unknown", `there is no fault ${unknown.join(", ")}`, next);
  }
  const site = siteOf(flags);
  const machines = machinesOf(site, flags.machine);
  requireWindow(flags.window);
  await requireFit(site);
  const count = chosen.length * machines.length * flags.rounds;
  const signal = listenForEnd({ kill: () => {} }, say);
  const question = `This brings ${count} faults about on ${site.name}, while it is in use`;
  if (!flags.yes && !(await typed("drill", question, signal))) {
    process.exitCode = signal.aborted ? 130 : 1;
    return print(flags.json ? JSON.stringify({ outcome: "declined" }) : "the word was not typed, so nothing was done");
  }
  const by = `${userInfo().username}@${hostname()}`;
  const drilled = await drillLocked(site, by, {
    scenarios: chosen,
    machines,
    rounds: flags.rounds,
    holdMs: flags.holdSeconds * 1_000,
    signal,
    say,
    onPlayed: (one) => say(playedLine(one)),
    mayBegin: () => requireWindow(flags.window),
  });
  await tell(site, drilled, by, { json: flags.json, reports: flags.reports ?? site.reports, say, print });
  if (signal.aborted) process.exitCode = 130;
}

/** Nobody else drills or deploys meanwhile. */
async function drillLocked(
  site: DrillSite,
  by: string,
  { mayBegin, ...options }: Omit<DrillOptions, "announce"> & { mayBegin(): void },
): Promise<Drilled> {
  const lock = await site.lock();
  try {
    const seat = await DrillSeat.take(site, by);
    const timeline = new DrillTold(site.give, by);
    const announce = async (what: string) => {
      mayBegin();
      await seat.announce(what);
      await timeline.begun(what);
    };
    const onPlayed = async (one: Played) => {
      await options.onPlayed(one);
      await timeline.played(one);
    };
    return await runDrill(site, { ...options, announce, onPlayed }).finally(async () => {
      await timeline.ended("it was ended before its end");
      await seat.leave();
    });
  } finally {
    await lock.release();
  }
}

function requireWindow(window: Window | undefined): void {
  const now = new Date();
  if (window === undefined || isInWindow(window, now.getHours() * 60 + now.getMinutes())) return;
  throw new OperatorError(
    "drill.window",
    `it is not ${window.text} now, so nothing is begun`,
    "Run it then, or leave --window out",
  );
}

async function history(options: SiteOptions): Promise<void> {
  const kept = await drillHistory(siteOf(options).hubs);
  print(options.json ? JSON.stringify({ drills: kept }) : historyText(kept));
}

function list({ json }: { json: boolean }): void {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  const lines = scenarios.map(({ name, explains }) => `${name.padEnd(width)}  ${explains}`);
  print(json ? JSON.stringify({ faults: scenarios }) : lines.join("\n"));
}

function siteOf({ dir, stack, ...asked }: SiteOptions): DrillSite {
  const local = localRun(asked);
  return local === undefined ? deployedDrillSite(stack, dir, "drill-reports") : localDrillSite(local);
}

function machinesOf({ hubs }: DrillSite, names: readonly string[] | undefined): string[] {
  const unknown = names?.find((name) => !hubs.has(name));
  if (unknown === undefined) return [...(names ?? hubs.keys())];
  throw new OperatorError(
    "drill.machine",
    `there is no machine ${unknown}`,
    `The pair has ${[...hubs.keys()].join(" and ")}`,
  );
}

function playedLine({ scenario, machine, detectionMs, outageMs, recoveryMs, lost, acknowledged }: Played): string {
  const seen = detectionMs === null ? "NOT seen" : `seen after ${detectionMs} ms`;
  const whole = recoveryMs === null ? "NOT whole again" : `whole again after ${recoveryMs} ms`;
  return `${scenario} on ${machine}: ${seen}, no answer for ${outageMs} ms at most, ${whole}, ${lost ?? "?"} of ${acknowledged} pushes lost`;
}

const rounds = (text: string) => wholeNumber(text, 1_000);
/** With its recovery and the count of its pushes a fault fits into the time after which a drill that is silent counts as dead. */
const holdSeconds = (text: string) => wholeNumber(text, 60);

function wholeNumber(text: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new InvalidArgumentError(`a whole number from 1 to ${most} is wanted.`);
}

function windowOf(text: string): Window {
  const window = parseWindow(text);
  if (window !== undefined) return window;
  throw new InvalidArgumentError("two times of day are wanted, such as 02:00-04:00.");
}
