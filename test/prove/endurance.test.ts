import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Growth } from "../../ops/soak/leaks.ts";
import { optionsOf, quickMinutes } from "./endurance/options.ts";
import { endure } from "./endurance/run.ts";
import { topRate } from "./endurance/top-rate.ts";
import { toText, verdictOf } from "./endurance/verdict.ts";

it.runIf(process.platform === "linux")(
  "a pair endures a minute at 200 pushes a second: none fails, none is missing, and each process is sampled",
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "tandem-endurance-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const options = optionsOf({ minutes: quickMinutes });
    const { signal } = new AbortController();
    const verdict = await endure({ ...options, dir: join(dir, "data"), say: () => {}, signal });
    expect(verdict.problems, toText(verdict)).toEqual([]);
    expect(verdict.ok).toBe(true);
    const names = ["hub", "nats", "pushgateway"].flatMap((part) => [`mainpc/${part}`, `pc2/${part}`]).sort();
    expect(Object.keys(verdict.samples[0]?.processes ?? {}).sort()).toEqual(names);
    expect(verdict.samples.at(-1)?.processes["mainpc/hub"]?.heap).toBeGreaterThan(1_000_000);
    expect(verdict.driven.answered).toBeGreaterThan(100);
    for (const { answered } of Object.values(verdict.numbered)) expect(answered).toBeGreaterThan(10);
  },
  240_000,
);

const growth: Growth = {
  process: "mainpc/hub",
  kind: "rss",
  typical: 1,
  perDay: 1,
  doublesInDays: 1,
  z: 9,
  leaks: true,
};
const ledger = (stored: number, missing = 0) => ({
  ...{
    machine: "pc2",
    now: "",
    missing,
    duplicates: 0,
    pending: 0,
    spooled: 0,
    copies: 2,
    clients: [],
    unnumbered: {},
  },
  clientTotals: { clients: 0, missing: 0, duplicates: 0, forgotten: 0 },
  lines: [
    {
      ...{ origin: "mainpc", stream: "metrics" as const, stored, copied: stored, spooled: 0, pending: 0 },
      ...{ missing, duplicates: 0, oldestSingleCopyMs: null },
    },
  ],
});
const sample = (fromMs: number, fds: number) => ({
  fromMs,
  processes: { "mainpc/hub": { life: 1, cpu: null, rss: 1, fds, heap: null } },
});
const endured = {
  ...{
    loadMs: 1_000,
    perSecond: 20,
    interrupted: false,
    settled: 1,
    growths: [],
    errors: [] as string[],
    samples: [sample(0, 40), sample(10, 41)],
  },
  driven: { machine: "mainpc", answered: 10, failed: 0, slowestPerSecond: 10, p50Ms: 1, p99Ms: 1 },
  numbered: { mainpc: { sent: 5, answered: 5 } },
  ledgers: [ledger(15)],
  patience: { warmUpMs: 0, shortestMs: 0, finestMs: 1 },
};

it("the verdict finds a record too few, a failed push, too few of them, a leak, 21 descriptors more, an error said, a missing number and unequal hubs", () => {
  expect(verdictOf(endured)).toMatchObject({ ok: true, problems: [] });
  const problems = (change: Partial<typeof endured> | { settled: string } | { growths: Growth[] }) =>
    verdictOf({ ...endured, ...change }).problems;
  expect(problems({ ledgers: [ledger(14)] })).toHaveLength(1);
  expect(problems({ ledgers: [ledger(15, 1)] })).toHaveLength(1);
  expect(problems({ driven: { ...endured.driven, failed: 1 } })).toHaveLength(1);
  expect(problems({ perSecond: 21 })).toHaveLength(1);
  expect(problems({ growths: [growth] })).toHaveLength(1);
  expect(problems({ growths: [{ ...growth, leaks: null }] })).toEqual([]);
  expect(problems({ samples: [sample(0, 40), sample(10, 61)] })).toHaveLength(1);
  const spiked = Array.from({ length: 40 }, (_, i) => sample(i, i === 39 ? 90 : 40));
  expect(problems({ samples: spiked })).toEqual([]);
  expect(problems({ samples: spiked.map((one, i) => (i < 36 ? one : sample(i, 61))) })).toHaveLength(1);
  expect(problems({ errors: ['{"level":"error"}'] })).toHaveLength(1);
  expect(problems({ settled: "they differ" })).toHaveLength(1);
  expect(verdictOf({ ...endured, interrupted: true }).ok).toBe(false);
});

it("a kept run is judged again, and what is none is said to be none", () => {
  const dir = mkdtempSync(join(tmpdir(), "tandem-endurance-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const judge = (content: unknown) => {
    writeFileSync(join(dir, "verdict.json"), JSON.stringify(content));
    const command = ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "endurance.ts")];
    return spawnSync(process.execPath, [...command, "--judge", join(dir, "verdict.json")], { encoding: "utf8" });
  };
  expect(judge(endured)).toMatchObject({ status: 0, stdout: expect.stringContaining("the proof holds\n") });
  expect(judge({ ...endured, ledgers: [ledger(14)] })).toMatchObject({ status: 1, stderr: "" });
  expect(judge({})).toMatchObject({
    status: 1,
    stdout: "",
    stderr: expect.stringMatching(/^prove\.argument: --judge /),
  });
});

it("the load is that of the largest rate of a hub in docs/benchmarks.md, and a page without one is said", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/benchmarks.md"), "utf8");
  expect(topRate(page).perSecond).toBeGreaterThan(1_000);
  const head = "| groups | series | connections | hub | x |\n|---|---|---|---|---|\n";
  const table = `## Pushes per second\n\n${head}| 1 | 5 | 64 | 532 | 9999 |\n| 200 | 5 | 16 | 701.5 | 1 |\n`;
  const top = { groups: 200, series: 5, connections: 16, perSecond: 701 };
  expect(topRate(`${table}\n## The rest\n\n| groups | hub |\n|---|---|\n| 1 | 8888 |\n`)).toEqual(top);
  expect(optionsOf({ minutes: 1, top })).toMatchObject({ perSecond: 701, isPaced: false, connections: 16 });
  expect(optionsOf({ minutes: 1, perSecond: 9 })).toMatchObject({ perSecond: 9, isPaced: true });
  expect(() => topRate("nothing")).toThrow("docs/benchmarks.md");
});
