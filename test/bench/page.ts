/**
 * Measures on a real pair and in a real browser how long it takes from a hub's judgement until a page shows it.
 * Run: `npm run bench:page`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { seededRandom } from "../../ops/chaos/random.ts";
import { Stage } from "../../ops/chaos/stage.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { numberOf, optionsOrEnd, orEnd } from "../support/command-options.ts";
import { isReached, type Measure, table } from "./failover/percentile.ts";
import { PageReader } from "./page/reader.ts";
import { killed, moved, type Pages, type Took, unhealthy } from "./page/trials.ts";
import { benchmarksPage, headings, withPart } from "./parts.ts";

const help = `npm run bench:page [-- --runs 30] [--agents all|pilots] [--port-offset N] [--quick] [--json]

Writes its part of docs/benchmarks.md, in about ten minutes. A look that writes nothing: -- --runs 2 --quick

  --runs n         of each trial (default: 30)
  --agents which   all of the fleet, or the few that a busy computer can bear (pilots) (default: all)
  --port-offset n  added to every port of the pair (default: ports that are free)
  --quick          write nothing
  --json           one JSON object instead of the table
`;
const values = optionsOrEnd("bench:page", help, {
  runs: { type: "string", default: "30" },
  "port-offset": { type: "string" },
  agents: { type: "string", default: "all" },
  quick: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
});
// One that nobody needs and that does not move, where it runs.
const agent = values.agents === "pilots" ? "UnifiedUtilsAgent" : "TutoringAgent";
const { runs, portOffset } = orEnd(() => ({
  runs: numberOf("bench:page", "runs", values.runs, 1),
  portOffset:
    values["port-offset"] === undefined ? undefined : numberOf("bench:page", "port-offset", values["port-offset"]),
}));
const barMs = 250;
const highShare = 0.95;
const say = (line: string) => void process.stderr.write(`${line}\n`);
const dir = mkdtempSync(join(tmpdir(), "tandem-page-"));
const stop = new AbortController();
const loadBefore = loadavg()[0] ?? Number.NaN;
const measures = new Map<string, Measure>();
let stage: Stage | undefined;
let browser: Browser | undefined;
for (const name of ["SIGINT", "SIGTERM"] as const)
  process.on(name, () => {
    stop.abort(new Error("interrupted"));
    void close().finally(() => process.exit(130));
  });

try {
  const executablePath = await ensureTool("chromium", say);
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const on = await Stage.set(
    {
      dir,
      portOffset,
      agents: values.agents === "pilots" ? "pilots" : "all",
      random: seededRandom(1),
      links: false,
      disk: false,
      hubConfig: { failover: { failbackAfterMs: 500, flapMemoryMs: 0 } },
      say,
    },
    stop.signal,
  );
  stage = on;
  const [mainpc, pc2] = await Promise.all(
    (["mainpc", "pc2"] as const).map((name) => PageReader.open(browser as Browser, on.machine(name).hubUrl)), // launched above
  );
  if (mainpc === undefined || pc2 === undefined) throw new Error("both pages are open by now");
  const pages: Pages = { stage: on, dataDir: join(dir, "data"), agent, readers: { mainpc, pc2 } };
  for (const trial of [unhealthy, moved, killed])
    for (let run = 1; run <= runs; run++) {
      stop.signal.throwIfAborted();
      note(run, await trial(pages));
    }
} finally {
  await close();
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}
const made = [...measures.values()];
if (!values.quick) writeFileSync(benchmarksPage, withPart(readFileSync(benchmarksPage, "utf8"), headings.page, part()));
process.stdout.write(values.json ? `${JSON.stringify({ measures: made })}\n` : `${table(made, highShare)}\n`);
process.exit(made.every(isReached) ? 0 : 1);

function note(run: number, took: Took): void {
  for (const [name, ms] of Object.entries(took)) {
    const measure = measures.get(name) ?? { name, withinMs: barMs, tookMs: [], failed: 0 };
    measures.set(name, measure);
    if (ms === undefined) measure.failed++;
    else measure.tookMs.push(ms);
    say(`${name}, ${run} of ${runs}: ${ms === undefined ? "it did not come" : `${ms} ms`}`);
  }
}

async function close(): Promise<void> {
  await browser?.close();
  await stage?.close();
}

function part(): string {
  const { model = "" } = cpus()[0] ?? {};
  return [
    headings.page,
    `By \`npm run bench:page\`, ${new Date().toISOString().slice(0, 10)}, both machines and the browser on one computer (${cpus().length} cores, ${model}).`,
    `Load of the computer before: ${loadBefore.toFixed(1)}. Where it is busy, the browser's own loop stands still for longer than what is measured.`,
    "From the hub's own judgement (the time of its log line; of an alert, its record's) to the change in the page, by an observer in a",
    "real Chromium with both hubs' pages open. A page whose hub is killed shows it once the other hub feeds it. Reached is what the longest stays within.",
    "",
    table(made, highShare),
    "",
  ].join("\n");
}
