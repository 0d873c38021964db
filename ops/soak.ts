/** `tandem soak`: watches a pair for hours or days under load, and says whether it held what it has to hold. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { OperatorError } from "./error.ts";
import type { AgentChoice } from "./local/site.ts";
import { natural, positive } from "./numbers.ts";
import { siteDir } from "./site/stacks.ts";
import { barsHelp, parseBars } from "./soak/bars.ts";
import { jsonOf, lineOf, screenOf, verdictRows } from "./soak/screen.ts";
import type { Asked, Target } from "./soak/settings.ts";
import { Store } from "./soak/store.ts";
import type { Verdict } from "./soak/verdict.ts";
import type { View } from "./soak/view.ts";

interface SoakOptions {
  hours: number;
  minutes?: number;
  out?: string;
  resume?: string;
  ownPair: boolean;
  agents: AgentChoice;
  portOffset?: number;
  hub?: string[];
  data?: string;
  stack: string[];
  dir: string;
  chaos: number;
  scenario: string[];
  holdSeconds: number;
  seed: number;
  pushesPerSecond: number;
  checkpointMinutes: number;
  bar: string[];
  json: boolean;
}

const exitCodes = { pass: 0, fail: 1, incomplete: 2 } as const;
const interruptedCode = 130;
/** A terminal's Ctrl-C may arrive twice, from its own group and from npm, ms. */
const sameKeypressMs = 500;
const clearScreen = "\x1b[H\x1b[J";

const help = `
Bars (--bar name=number), with what they are when nothing is said:
${barsHelp()}

Exit codes: 0 pass, 1 fail, 2 incomplete, 130 interrupted.

Examples:
  $ tandem soak                                        # the local run that stands, or the site's pair, for a week
  $ tandem soak --resume soak-2026-01-01               # go on after a reboot
  $ tandem soak --own-pair --hours 24 --chaos 4        # a pair of its own, four faults an hour
  $ tandem soak --own-pair --minutes 1 --chaos 180 --scenario hub-crash nats-crash --bar cpu=100
  $ tandem soak verify soak-2026-01-01                 # was a checkpoint edited?`;

export function registerSoak(program: Command): void {
  const soak = program
    .command("soak")
    .description("watch a pair under load for hours or days, and say whether it held its bars")
    .option("--hours <n>", "how long it is to be observed", positive, 168)
    .option("--minutes <n>", "the same in minutes", positive)
    .option("--out <folder>", "folder of the run (default: soak-<date>); one that holds a run is gone on with")
    .option("--resume <folder>", "go on with the run in this folder, as it was asked for")
    .option("--own-pair", "start a pair for this on this computer", false)
    .addOption(
      new Option("--agents <which>", "agents of that pair").choices(["pilots", "all", "none"]).default("pilots"),
    )
    .option("--port-offset <n>", "added to every port of that pair (default: one with which all are free)", natural)
    .option("--hub <url...>", "hubs of a running pair, instead of those of a local run or a site")
    .option("--data <folder>", "the local run that keeps its data there (default: .tandem while one runs)")
    .option("--stack <name...>", "else the pair of these stacks", ["mainpc", "pc2"])
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .option("--chaos <n>", "faults an hour, on a pair of its own only", notNegative, 0)
    .option(
      "--scenario <name...>",
      "faults to choose from, as tandem chaos --list names them (default: all that fit)",
      [],
    )
    .option("--hold-seconds <n>", "how long a fault stands", positive, 8)
    .option("--seed <n>", "draws faults and their times", natural, Date.now() % 1_000_000)
    .option("--pushes-per-second <n>", "load of all clients together", positive, 20)
    .option("--checkpoint-minutes <n>", "time between two signed checkpoints", positive, 60)
    .option("--bar <name=number...>", "another bar than below", [])
    .option("--json", "print lines of JSON: one a slice, and the report last", false)
    .addHelpText("after", help)
    .action(run);
  soak
    .command("verify <folder>")
    .description("say which checkpoint of a run was edited, replaced or taken away; ends with 1 when one was")
    .action(verify);
  soak
    .command("report <folder>")
    .description("write the reports of a run anew from its slices, also while it goes on")
    .action(report);
}

async function run(options: SoakOptions): Promise<void> {
  const { json } = options;
  const asked = options.resume === undefined ? askedOf(options) : undefined;
  const out = options.resume ?? options.out ?? `soak-${new Date().toISOString().slice(0, 10)}`;
  const store = Store.open(out, asked, options.seed);
  const live = process.stdout.isTTY && !json;
  const say = (line: string) => void (live || process.stderr.write(`${line}\n`));
  say(`${store.settings.run}, start ${store.settings.starts}; its folder is ${store.dir}; seed ${store.settings.seed}`);
  const { signal: interrupted, forget } = interruptedBySignal(say);
  let verdict: Verdict | undefined;
  const show = (view: View) => {
    if (!live) return;
    if (view.record.slices.length > 0) verdict ??= view.record.verdict();
    // What is below the last row would push the first ones out.
    const rows = screenOf(view, verdict)
      .split("\n")
      .slice(0, process.stdout.rows - 1);
    process.stdout.write(`${clearScreen}${rows.join("\n")}\n`);
  };
  const told = (view: View) => {
    verdict = undefined;
    if (!live) process.stdout.write(`${json ? jsonOf(view) : lineOf(view)}\n`);
  };
  // The histograms take their time to load, which no other command is to wait for.
  const { soak } = await import("./soak/run.ts");
  try {
    verdict = await soak({ store, say, show, told, signal: interrupted });
  } catch (error) {
    if (!interrupted.aborted) throw error;
  } finally {
    forget();
  }
  if (verdict !== undefined) tell(verdict, store.dir, json);
  process.exitCode = interrupted.aborted ? interruptedCode : exitCodes[verdict?.verdict ?? "incomplete"];
}

/** @throws OperatorError for faults on a pair that others use */
function askedOf(options: SoakOptions): Asked {
  const { hours, minutes, chaos, scenario, holdSeconds, pushesPerSecond, checkpointMinutes, bar } = options;
  if (chaos > 0 && !options.ownPair) {
    const next = "Add --own-pair, or leave --chaos out; on two machines break things by hand while the soak watches";
    throw new OperatorError(
      "soak.chaos",
      "--chaos kills processes and cuts links, which it only does to a pair of its own",
      next,
    );
  }
  const inHours = minutes === undefined ? hours : minutes / 60;
  const target = targetOf(options);
  return {
    hours: inHours,
    target,
    pushesPerSecond,
    checkpointMinutes,
    chaos,
    scenarios: scenario,
    holdSeconds,
    bars: parseBars(bar),
  };
}

function targetOf({ ownPair, agents, portOffset, hub, data, stack, dir }: SoakOptions): Target {
  if (ownPair) return { kind: "own-pair", agents, portOffset: portOffset ?? null };
  return { kind: "running", hub: hub ?? null, data: data ?? null, stack, dir };
}

function tell(verdict: Verdict, dir: string, json: boolean): void {
  if (json) return void process.stdout.write(`${JSON.stringify({ report: dir, ...verdict })}\n`);
  const breaches = verdict.breaches.map(({ what, cause }) => `${what}; likely cause: ${cause}`);
  const lines = [...verdictRows(verdict), ...breaches, ...verdict.incomplete];
  process.stdout.write(`${[...lines, `${verdict.verdict}; ${join(dir, "report.html")} has all of it`].join("\n")}\n`);
}

async function verify(folder: string): Promise<void> {
  const { verifyFolder } = await import("./soak/verify-folder.ts");
  const { problems, checkpoints, copies } = await verifyFolder(folder);
  const lines = problems.map(({ checkpoint, what }) => `checkpoint ${checkpoint} ${what}`);
  const held = copies === undefined ? "no hub answers that could hold copies" : `${copies} copies at the hubs`;
  const count = `${checkpoints} checkpoints, ${held}`;
  process.stdout.write(
    `${[...lines, lines.length === 0 ? `${count}, none of them edited` : `${count}, not as they were written`].join("\n")}\n`,
  );
  if (problems.length > 0) process.exitCode = 1;
}

async function report(folder: string): Promise<void> {
  const { reportFolder } = await import("./soak/report-folder.ts");
  tell(reportFolder(folder), folder, false);
}

/** The first signal ends the run with a report, a later one at once: what its slices say is on disk. */
function interruptedBySignal(say: (line: string) => void): { signal: AbortSignal; forget(): void } {
  const interrupted = new AbortController();
  let firstAtMs: number | undefined;
  const onSignal = () => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now();
      say("ending with a report; the same command goes on later");
      interrupted.abort(new Error("interrupted"));
    } else if (performance.now() - firstAtMs > sameKeypressMs) process.exit(interruptedCode);
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, onSignal);
  const forget = () => {
    for (const name of names) process.off(name, onSignal);
  };
  return { signal: interrupted.signal, forget };
}

function notNegative(text: string): number {
  return text === "0" ? 0 : positive(text);
}
