/**
 * `npm run sim`: tries seeds of the simulated pair, or lets one of them run for hours with the plan's rate of faults, and tells how
 * a failing one is replayed.
 */
import { Command } from "commander";
import { OperatorError } from "../../ops/error.ts";
import { leaveEvidence } from "../../ops/readiness/evidence.ts";
import { endure, toText } from "./endure.ts";
import { run } from "./run.ts";

interface Options {
  seeds: string;
  from: string;
  hours?: string;
  trace: boolean;
  json: boolean;
  evidence?: string;
}

const say = (line: string) => void process.stderr.write(`${line}\n`);
const print = (line: string) => void process.stdout.write(`${line}\n`);
const sayEveryMs = 5_000;

const program = new Command("npm run sim --")
  .description("Two hubs, a witness, clients, network and disks in one seeded world of virtual time, faults included.")
  .option("--seeds <n>", "how many seeds to try, one after the other", "100")
  .option("--from <seed>", "the first one", "1")
  .option("--hours <h>", "let the first seed run for so many virtual hours with the plan's rate of faults instead")
  .option("--trace", "tell what happens, event by event", false)
  .option("--json", "print one JSON object", false)
  .option("--evidence <dir>", "leave there what tandem readiness reads")
  .showHelpAfterError()
  .addHelpText(
    "after",
    "\nExamples:\n  $ npm run sim -- --seeds 1000\n  $ npm run sim -- --seeds 1 --from 42 --trace\n  $ npm run sim -- --hours 168",
  )
  .action((options: Options) => {
    const from = numberOf("from", options.from);
    if (options.hours === undefined) trySeeds(from, numberOf("seeds", options.seeds), options);
    else trySpan(from, numberOf("hours", options.hours), options);
  });

try {
  program.parse();
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  say(`${error.code}: ${error.toText()}`);
  process.exitCode = 1;
}

function trySeeds(from: number, count: number, { json, trace, evidence }: Options): void {
  const startedMs = performance.now();
  const sums = { seeds: 0, virtualHours: 0, events: 0, faults: 0, moves: 0, peer: 0, local: 0, slowestSettledMs: 0 };
  let saidAtMs = startedMs;
  for (let seed = from; seed < from + count; seed++) {
    const { violation, settledMs = 0, counts, virtualMs, events } = run({ seed, ...(trace && { trace: say }) });
    if (violation !== undefined) {
      if (json) print(JSON.stringify({ ...sums, failed: { seed, ...violation } }));
      say(`seed ${seed} fails at ${(violation.atMs / 1_000).toFixed(3)} s: ${violation.message}`);
      say(`  → npm run sim -- --seeds 1 --from ${seed} --trace`);
      leaveEvidence(evidence, "npm run sim", { name: "sim", ok: false, figures: { ...sums, from, failedSeed: seed } });
      process.exitCode = 1;
      return;
    }
    sums.seeds++;
    sums.virtualHours += virtualMs / 3_600_000;
    sums.events += events;
    sums.faults += counts.faults;
    sums.moves += counts.moves;
    sums.peer += counts.peer;
    sums.local += counts.local;
    sums.slowestSettledMs = Math.max(sums.slowestSettledMs, settledMs);
    if (performance.now() - saidAtMs < sayEveryMs) continue;
    saidAtMs = performance.now();
    say(`${sums.seeds} of ${count} seeds hold, ${sums.virtualHours.toFixed(1)} virtual hours, ${sums.faults} faults`);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  leaveEvidence(evidence, "npm run sim", { name: "sim", ok: true, figures: { ...sums, from, seconds } });
  if (json) {
    print(JSON.stringify({ ...sums, seconds }));
    return;
  }
  print(
    `seeds ${from} to ${from + count - 1} hold: ${sums.virtualHours.toFixed(1)} virtual hours in ${seconds.toFixed(1)} s`,
  );
  print(`faults ${sums.faults}, moves ${sums.moves}, events ${sums.events}`);
  print(`records acknowledged: peer ${sums.peer}, local ${sums.local}; lost 0`);
  print(`at rest at the latest ${(sums.slowestSettledMs / 1_000).toFixed(1)} s after the last fault`);
}

function trySpan(seed: number, hours: number, { json, trace, evidence }: Options): void {
  const result = endure({ seed, hours, say, ...(trace && { trace: say }) });
  print(json ? JSON.stringify(result) : toText(result));
  const { availability, requests, failed, moves, falseVerdicts } = result;
  const ok = result.violation === undefined && availability >= result.bar;
  const figures = { seed, hours, availability, requests, failed, moves, falseVerdicts };
  leaveEvidence(evidence, "npm run sim", { name: "sim-hours", ok, figures });
  if (!ok) process.exitCode = 1;
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new OperatorError(
    "sim.argument",
    `--${name} ${text} is no number above 0`,
    "Give a number, as in --seeds 1000",
  );
}
