/** Measures on real processes how soon a fault is seen and a service answers again. Run: `npm run bench:failover`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../../ops/chaos/random.ts";
import { Stage } from "../../ops/chaos/stage.ts";
import { leaveEvidence } from "../../ops/readiness/evidence.ts";
import { numberOf, optionsOrEnd, orEnd } from "../support/command-options.ts";
import { writeFailover } from "./failover/page.ts";
import { isReached, type Measure, table } from "./failover/percentile.ts";
import {
  answersAgain,
  equalAfterPartition,
  healthAtPeer,
  loadPerSecond,
  seen,
  switchover,
  type Took,
} from "./failover/trials.ts";

const help = `npm run bench:failover [-- --runs 50] [--partitions 3] [--partition-seconds 60] [--quick] [--json] [--evidence dir]

Writes its part of docs/benchmarks.md, in about half an hour. The partition's row alone, in an hour: -- --runs 0 --partitions 50
A look that writes nothing: -- --runs 5 --partitions 1 --partition-seconds 5 --quick

  --runs n               of each fault (default: 50)
  --partitions n         runs of the partition (default: 3)
  --partition-seconds n  time that each stands (default: 60)
  --quick                write nothing
  --json                 one JSON object instead of the table
  --evidence dir         leave there what tandem readiness reads
`;
const values = optionsOrEnd("bench:failover", help, {
  runs: { type: "string", default: "50" },
  partitions: { type: "string", default: "3" },
  "partition-seconds": { type: "string", default: "60" },
  quick: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  evidence: { type: "string" },
});
const given = (option: "runs" | "partitions" | "partition-seconds") =>
  orEnd(() => numberOf("bench:failover", option, values[option]));
const [runs, partitions, partitionSeconds] = [given("runs"), given("partitions"), given("partition-seconds")];
const say = (line: string) => void process.stderr.write(`${line}\n`);
const dir = mkdtempSync(join(tmpdir(), "tandem-failover-"));
const stop = new AbortController();
let stage: Stage | undefined;
for (const name of ["SIGINT", "SIGTERM"] as const)
  process.on(name, () => {
    stop.abort(new Error("interrupted"));
    void stage?.close().finally(() => process.exit(130));
  });

const measures: Measure[] = [];
let requestsFailed = 0;
try {
  const alone = async (on: Stage) => {
    await measure("crash of the peer's hub seen", 100, () => seen(on, "crash"));
    await measure("crash of the peer's machine seen", 100, () => seen(on, "machine-crash"));
    await measure("hang of the peer's hub seen", 600, () => seen(on, "hang"));
    for (const what of ["instance", "machine"] as const) {
      await measure(`service answers again after its ${what}'s crash`, 500, () => answersAgain(on, what, "crash"));
      await measure(`service answers again after its ${what}'s hang`, 1_200, () => answersAgain(on, what, "hang"));
    }
    await measure("health change at the peer", 50, () => healthAtPeer(on, join(dir, "data")));
    const planned = await measure(
      `switchover there and back under ${loadPerSecond} requests/s`,
      undefined,
      async () => {
        const { took, sent, failed } = await switchover(on);
        say(`  ${failed} of ${sent} requests failed`);
        requestsFailed += failed;
        return took;
      },
    );
    planned.failed += requestsFailed;
  };
  if (runs > 0) await withStage(false, alone);
  await withStage(true, (on) => {
    const standsMs = partitionSeconds * 1_000;
    const name = `equal after a partition of ${partitionSeconds} s`;
    const trial = async () => {
      const { took, pushed } = await equalAfterPartition(on, standsMs);
      say(`  ${pushed} pushes were acknowledged meanwhile`);
      return took;
    };
    return measure(name, 5_000, trial, partitions);
  });
} finally {
  await stage?.close();
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}
if (!values.quick) writeFailover(measures);
process.stdout.write(values.json ? `${JSON.stringify({ measures })}\n` : `${table(measures)}\n`);
const worstOf = (begins: string) =>
  Math.max(...measures.filter(({ name }) => name.startsWith(begins)).flatMap(({ tookMs }) => tookMs));
leaveEvidence(values.evidence, "npm run bench:failover", {
  name: "bench-failover",
  ok: measures.every(isReached),
  // What was not measured is not told.
  figures: {
    runs,
    answersAgainWorstMs: worstOf("service answers again"),
    healthAtPeerWorstMs: worstOf("health change at the peer"),
    equalAgainWorstMs: worstOf("equal after a partition"),
    failed: measures.reduce((sum, { failed }) => sum + failed, 0),
  },
});
process.exit(measures.every(isReached) ? 0 : 1);

async function measure(
  name: string,
  withinMs: number | undefined,
  trial: () => Promise<Took>,
  times = runs,
): Promise<Measure> {
  const made: Measure = { name, withinMs, tookMs: [], failed: 0 };
  if (times > 0) measures.push(made);
  for (let run = 1; run <= times; run++) {
    stop.signal.throwIfAborted();
    const took = await trial();
    if (took === undefined) made.failed++;
    else made.tookMs.push(took);
    say(`${name}, ${run} of ${times}: ${took === undefined ? "it did not come" : `${Math.round(took)} ms`}`);
  }
  return made;
}

/** Links between the machines only where they are cut: a proxy costs time. Services go home soon, so that runs follow each other. */
async function withStage(links: boolean, use: (on: Stage) => Promise<unknown>): Promise<void> {
  const hubConfig = { failover: { failbackAfterMs: 500, flapMemoryMs: 0 } };
  const random = seededRandom(1);
  const made = { dir, portOffset: undefined, agents: "pilots" as const, random, links, disk: false, hubConfig, say };
  stage = await Stage.set(made, stop.signal);
  await use(stage);
  await stage.close();
  stage = undefined;
}
