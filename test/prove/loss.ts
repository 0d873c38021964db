/**
 * Proves promise 1 on real processes: pushes of many clients while processes die and freeze, links are cut and a disk is full;
 * then what the clients were told is compared with what stands. Run: `npm run prove:loss -- --minutes 30 --seed 7`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leaveEvidence } from "../../ops/readiness/evidence.ts";
import { numberOf, optionsOrEnd, orEnd } from "../support/command-options.ts";
import { prove } from "./loss/run.ts";
import { toText } from "./loss/summary.ts";

const help = `npm run prove:loss [-- --minutes 2] [--seed N] [--json] [--keep] [--evidence dir]

Pushes by many clients to a pair of its own while processes die and freeze, links are cut and a disk is full.

  --minutes n     time of faults (default: 2)
  --seed n        repeats the faults of an earlier run, which prints it
  --json          one JSON object instead of the summary
  --keep          keep data, logs and the clients' log also when the proof holds
  --evidence dir  leave there what tandem readiness reads
`;
const values = optionsOrEnd("prove:loss", help, {
  minutes: { type: "string", default: "2" },
  seed: { type: "string" },
  json: { type: "boolean", default: false },
  keep: { type: "boolean", default: false },
  evidence: { type: "string" },
});

const say = (line: string) => void process.stderr.write(`${line}\n`);
const { minutes, seed } = orEnd(() => ({
  minutes: numberOf("prove:loss", "minutes", values.minutes),
  seed: numberOf("prove:loss", "seed", values.seed ?? String(Date.now() % 1_000_000)),
}));
const dir = mkdtempSync(join(tmpdir(), "tandem-loss-"));
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort());

say(`${minutes} minutes of faults with seed ${seed}; data, logs and the clients' log in ${dir}`);
const summary = await prove({ seed, faultsMs: minutes * 60_000, dir, say, signal: stop.signal });
process.stdout.write(`${values.json ? JSON.stringify(summary) : toText(summary)}\n`);
const { ok, pushes, lost, twice, unequal, rounds, longestSettleMs } = summary;
leaveEvidence(values.evidence, "npm run prove:loss", {
  name: "prove-loss",
  ok,
  figures: {
    minutes,
    seed,
    rounds,
    acknowledged: pushes.peer + pushes.local,
    lost: lost.length,
    twice: twice.length,
    unequal: unequal === "" ? 0 : 1,
    longestSettleMs,
  },
});
if (summary.ok && !values.keep) rmSync(dir, { recursive: true, force: true });
else say(`kept: ${dir}`);
process.exit(summary.ok ? 0 : 1);
