/**
 * Proves that a pair endures: an hour at the load of the benchmarks, nothing lost, nothing that grows. Run:
 * `npm run prove:endurance -- --minutes 60`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../../ops/error.ts";
import { leaveEvidence } from "../../ops/readiness/evidence.ts";
import { endWith, numberOf, parseOptions } from "../support/command-options.ts";
import { optionsOf, quickMinutes } from "./endurance/options.ts";
import { endure, growthsIn } from "./endurance/run.ts";
import { topRate } from "./endurance/top-rate.ts";
import { type Endured, toText, type Verdict, verdictOf } from "./endurance/verdict.ts";

const name = "prove:endurance";
const [leastMinutes, leastPerSecond] = [0.1, 1];
const help = `npm run prove:endurance [-- --minutes 60] [--rate N] [--quick] [--json] [--keep] [--evidence dir]
npm run prove:endurance -- --judge FILE [--json]

Puts one hub of a pair of its own under load, while the peer copies, and watches every process of it.

  --minutes n     time under load (default: 60)
  --rate n        pushes a second, sent when each is due (default: as many as a hub takes of the load by which
                  docs/benchmarks.md names the most; fewer than half of what it names there fail the proof)
  --quick         one minute at 200 pushes a second; too short to judge memory by
  --json          one JSON object instead of the summary
  --keep          keep data and logs also when the proof holds
  --judge file    judge a kept run again, by its verdict.json and the rules as they are, instead of a new one
  --evidence dir  leave there what tandem readiness reads
`;
const benchmarks = join(import.meta.dirname, "../../docs/benchmarks.md");
const say = (line: string) => void process.stderr.write(`${line}\n`);

await endWith(main);

async function main(): Promise<number> {
  const { values } = parseOptions(name, {
    minutes: { type: "string" },
    rate: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    evidence: { type: "string" },
    judge: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (values.judge !== undefined) {
    const verdict = judgeAgain(values.judge);
    process.stdout.write(`${values.json ? JSON.stringify(verdict) : toText(verdict)}\n`);
    return verdict.ok ? 0 : 1;
  }
  const minutes = numberOf(
    name,
    "minutes",
    values.minutes ?? (values.quick ? String(quickMinutes) : "60"),
    leastMinutes,
  );
  const perSecond = values.rate === undefined ? undefined : numberOf(name, "rate", values.rate, leastPerSecond);
  const top = values.quick || perSecond !== undefined ? undefined : topRate(readFileSync(benchmarks, "utf8"));
  const options = optionsOf({ minutes, top, perSecond });
  const dir = mkdtempSync(join(tmpdir(), "tandem-endurance-"));
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
  say(`${minutes} minutes at ${options.perSecond} pushes/s; data and logs in ${dir}`);
  const verdict = await endure({ ...options, dir: join(dir, "data"), say, signal: stop.signal });
  process.stdout.write(`${values.json ? JSON.stringify(verdict) : toText(verdict)}\n`);
  const acknowledged = verdict.driven.answered;
  const missing = verdict.ledgers.reduce((sum, ledger) => sum + (ledger?.missing ?? 0), 0);
  const { reachedPerSecond, problems } = verdict;
  const figures = { minutes, perSecond: reachedPerSecond, acknowledged, missing, problems: problems.length };
  leaveEvidence(values.evidence, "npm run prove:endurance", { name: "prove-endurance", ok: verdict.ok, figures });
  if (verdict.ok && !values.keep) rmSync(dir, { recursive: true, force: true });
  else {
    // With all samples, which tell a leak from a step.
    writeFileSync(join(dir, "verdict.json"), JSON.stringify(verdict));
    say(`kept: ${dir}`);
  }
  return verdict.ok ? 0 : 1;
}

function judgeAgain(file: string): Verdict {
  try {
    const kept = JSON.parse(readFileSync(resolve(process.env.INIT_CWD ?? process.cwd(), file), "utf8")) as Endured; // as a run has written it
    return verdictOf({ ...kept, growths: growthsIn(kept.samples, kept.loadMs, kept.patience) });
  } catch (error) {
    throw new OperatorError(
      "prove.argument",
      `--judge ${file} cannot be read: ${messageOf(error)}`,
      "Name the verdict.json of a kept run",
    );
  }
}
