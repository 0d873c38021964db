/** `tandem soak`: watches a pair for hours or days under load, and says whether it held what it has to hold. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { Stage } from "./chaos/stage.ts";
import { natural, positive } from "./numbers.ts";
import { siteDir } from "./site/stacks.ts";
import { barsHelp } from "./soak/bars.ts";
import { fingerprintOf } from "./soak/checkpoint.ts";
import { folderFor, isOver, lockFolder } from "./soak/folder.ts";
import { interruptedBySignal, interruptedCode } from "./soak/interrupted.ts";
import { askedOf, givenOptions, requireEffect, type SoakOptions } from "./soak/options.ts";
import { findPair } from "./soak/pair.ts";
import type { RunOptions } from "./soak/run.ts";
import { readSettings } from "./soak/run-files.ts";
import { jsonOf, lineOf, screenOf, verdictRows, verifiedText } from "./soak/screen.ts";
import type { Asked } from "./soak/settings.ts";
import { keptRun, Store } from "./soak/store.ts";
import { requireStill, takesOrders } from "./soak/target.ts";
import type { Verdict } from "./soak/verdict.ts";
import type { View } from "./soak/view.ts";
import { resumeCommand } from "./soak/words.ts";

const exitCodes = { pass: 0, fail: 1, incomplete: 2 } as const;
const clearScreen = "\x1b[H\x1b[J";

const help = `
Bars (--bar name=number), with what they are when nothing is said:
${barsHelp()}

Exit codes: 0 pass, 1 fail, 2 incomplete, 130 interrupted.

Examples:
  $ tandem soak                                        # the local run that stands, or the site's pair, for a week
  $ tandem soak --resume soak-2026-01-01               # go on with that one after a reboot
  $ tandem soak --own-pair --hours 24 --chaos 4        # a pair of its own, four faults an hour
  $ tandem soak --own-pair --minutes 1 --chaos 180 --scenario hub-crash nats-crash --bar cpu=100
  $ tandem soak verify soak-2026-01-01                 # was a checkpoint edited?`;

export function registerSoak(program: Command): void {
  const soak = program
    .command("soak")
    .description("watch a pair under load for hours or days, and say whether it held its bars")
    .option("--hours <n>", "how long it is to be observed", positive, 168)
    .option("--minutes <n>", "the same in minutes", positive)
    .option(
      "--out <folder>",
      "folder of the run; one that holds it is gone on with (default: the newest soak-… here that was asked for the same and is not over, else soak-<date>)",
    )
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
    .option("--seed <n>", "draws faults and their times (default: another one each time)", natural)
    .option("--pushes-per-second <n>", "load of all clients together", positive, 20)
    .option("--checkpoint-minutes <n>", "time between two signed checkpoints", positive, 60)
    .option("--bar <name=number...>", "another bar than below", [])
    .option("--json", "print lines of JSON: one a slice, and the report last", false)
    .addHelpText("after", help)
    .action(run);
  soak
    .command("verify <folder>")
    .description(
      "say which checkpoint, line or report of a run was edited, replaced or taken away; ends with 1 when one was",
    )
    .option("--key <key>", "public key that it must be signed with, or its fingerprint, as noted when the run began")
    .option("--hub <url...>", "hubs that must hold copies, instead of those that the folder names")
    .action(verify);
  soak
    .command("report <folder>")
    .description("write the reports of a run anew from its slices, also while it goes on")
    .action(report);
}

async function run(options: SoakOptions, command: Command): Promise<void> {
  const given = givenOptions(command);
  requireEffect(given, options);
  const { resume, out } = options;
  if (resume !== undefined) {
    readSettings(resume);
    return await runIn(resume, undefined, options);
  }
  const asked = askedOf(options, given);
  await runIn(out ?? folderFor(".", asked, options.seed, new Date().toISOString()), asked, options);
}

async function runIn(folder: string, asked: Asked | undefined, options: SoakOptions): Promise<void> {
  const { json, seed } = options;
  const release = lockFolder(folder);
  try {
    if (keptRun(folder, asked, seed) !== undefined && isOver(folder)) return await tellAgain(folder, json);
    const target = asked?.target ?? readSettings(folder).target;
    // Before anything is written: a start that finds no pair leaves nothing behind.
    if (target.kind !== "own-pair") requireStill(target);
    const pair = target.kind === "own-pair" ? target : await findPair(target);
    await soakIn(Store.open(folder, { asked, seed, copies: takesOrders(target) }), pair, release, json);
  } finally {
    release();
  }
}

async function soakIn(store: Store, pair: RunOptions["pair"], release: () => void, json: boolean): Promise<void> {
  const { settings, dir } = store;
  const live = process.stdout.isTTY && !json;
  const say = (line: string) => void (live || process.stderr.write(`${line}\n`));
  say(`${settings.run}, start ${settings.starts}; its folder is ${dir}; seed ${settings.seed}`);
  say(`its checkpoints are signed with the key ${fingerprintOf(settings.publicKey)}`);
  let stage: Stage | undefined;
  const kill = () => {
    stage?.kill();
    release();
  };
  const { signal, forget } = interruptedBySignal(
    `ending with a report; ${resumeCommand(dir)} goes on later`,
    say,
    kill,
  );
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
    verdict = await soak({ store, pair, say, show, told, onStage: (made) => (stage = made), signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    forget();
  }
  if (verdict !== undefined) tell(verdict, dir, json);
  process.exitCode = signal.aborted ? interruptedCode : exitCodes[verdict?.verdict ?? "incomplete"];
}

/** Of a run that is over: more of it would only be time that nobody observed. */
async function tellAgain(folder: string, json: boolean): Promise<void> {
  const { reportFolder } = await import("./soak/report-folder.ts");
  const verdict = reportFolder(folder);
  tell(verdict, folder, json);
  process.exitCode = exitCodes[verdict.verdict];
}

function tell(verdict: Verdict, dir: string, json: boolean): void {
  if (json) return void process.stdout.write(`${JSON.stringify({ report: dir, ...verdict })}\n`);
  const breaches = verdict.breaches.map(({ what, cause }) => `${what}; likely cause: ${cause}`);
  const lines = [...verdictRows(verdict), ...breaches, ...verdict.incomplete];
  process.stdout.write(`${[...lines, `${verdict.verdict}; ${join(dir, "report.html")} has all of it`].join("\n")}\n`);
}

async function verify(folder: string, { key, hub }: { key?: string; hub?: string[] }): Promise<void> {
  const { verifyFolder } = await import("./soak/verify-folder.ts");
  const found = await verifyFolder(folder, {
    ...(key !== undefined && { key }),
    ...(hub !== undefined && { hubUrls: hub }),
  });
  process.stdout.write(`${verifiedText(found, key !== undefined)}\n`);
  if (found.problems.length > 0) process.exitCode = 1;
}

async function report(folder: string): Promise<void> {
  const { reportFolder } = await import("./soak/report-folder.ts");
  tell(reportFolder(folder), folder, false);
}

function notNegative(text: string): number {
  return text === "0" ? 0 : positive(text);
}
