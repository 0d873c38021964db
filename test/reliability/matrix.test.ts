import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startVitest } from "vitest/node";
import type { Fault } from "./fault.ts";
import { faults } from "./faults.ts";
import { figureText, reliabilityPage } from "./page.ts";
import MatrixReporter from "./reporter.ts";
import { merge, type Result, readResults, writeResults } from "./results.ts";

const root = join(import.meta.dirname, "..", "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("the matrix", () => {
  it("names at least 30 faults, each once, with a promise and a test", () => {
    expect(faults.length).toBeGreaterThanOrEqual(30);
    expect(new Set(faults.map(({ id }) => id)).size).toBe(faults.length);
    expect(faults.filter(({ promises, tests }) => promises.length === 0 || tests.length === 0)).toEqual([]);
    expect(faults.filter(({ happens }) => happens.endsWith("."))).toEqual([]);
  });

  it("names tests that exist and say of themselves that they stand for the fault", () => {
    for (const { id, tests } of faults)
      for (const { file, title } of tests) {
        expect(existsSync(join(root, file)), `${id}: ${file}`).toBe(true);
        const text = read(file);
        expect(text.includes(`"${title}"`), `${id}: ${file} has no test "${title}"`).toBe(true);
        expect(text.includes(`"${id}"`), `${id}: ${file} does not name it`).toBe(true);
        expect(text).toContain('support/fault.ts"');
      }
  });

  it("is all that tests stand for: no test names a fault that is not in it", () => {
    const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
      .map((file) => `test/${file}`)
      .filter((file) => /\.(test|fault|e2e)\.tsx?$/.test(file) && !file.includes("/lab/machine/"));
    const named = files.flatMap((file) =>
      [...read(file).matchAll(/^\s*fault\(task, "([^"]+)"/gm)].map(([, id]) => ({ id, file })),
    );
    expect(named.length).toBeGreaterThan(faults.length / 2);
    const isListed = ({ id, file }: (typeof named)[number]) =>
      faults.some((one) => one.id === id && one.tests.some((test) => test.file === file));
    expect(named.filter((each) => !isListed(each))).toEqual([]);
  });

  it("is on the page that `npm run reliability` makes of it and of the stored results", () => {
    expect(read("docs/reliability.md")).toBe(reliabilityPage());
    for (const { id } of faults) expect(reliabilityPage()).toContain(`| \`${id}\` |`);
  });

  it("has stored results of its own tests only", () => {
    const known = faults.flatMap(({ id, tests }) => tests.map((test) => ({ fault: id, ...test })));
    expect(known).toEqual(
      expect.arrayContaining(readResults().map(({ fault, file, title }) => ({ fault, file, title }))),
    );
  });
});

describe("the page", () => {
  const one: Fault = {
    id: "moon-falls",
    class: "disk",
    happens: "The moon falls",
    promises: [1, 3],
    tests: [{ file: "test/moon.e2e.ts", title: "falls | and lies" }],
  };
  const said: Result = {
    fault: "moon-falls",
    ...{ file: "test/moon.e2e.ts", title: "falls | and lies" },
    ...{ ok: true, on: "2026-01-02", tookMs: 1, figures: { longestOutageMs: 812, lost: 0 } },
  };

  it("says by which command a test is run that has not been run, and which test failed", () => {
    expect(reliabilityPage([one], [])).toContain("falls \\| and lies | not run here: `npm run e2e` |");
    expect(reliabilityPage([one], [said])).toContain("| 2026-01-02, longest outage 812 ms, lost 0 |");
    expect(reliabilityPage([one], [{ ...said, ok: false }])).toContain("| **failed** 2026-01-02,");
  });

  it("says figures in words, units last", () => {
    expect([figureText("recoveredAfterMs", 12.34), figureText("heapMib", 3), figureText("lost", 0)]).toEqual([
      "recovered after 12.3 ms",
      "heap 3 MiB",
      "lost 0",
    ]);
  });

  it("takes a newer result in the place of the one before it, and leaves the others", () => {
    const other = { ...said, title: "stays" };
    expect(merge([said, other], [{ ...said, ok: false }])).toEqual([{ ...said, ok: false }, other]);
  });
});

it("a run keeps what a test said, says that one failed which did, and leaves those that were skipped as they were", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tandem-matrix-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, "results.jsonl");
  const fixture = "test/reliability/fixture/endings.ts";
  const known = ["holds", "breaks", "rests", "is silent"].map(
    (title): Fault => ({
      id: title,
      class: "process",
      happens: title,
      promises: [1],
      tests: [{ file: fixture, title }],
    }),
  );
  const rested: Result = {
    fault: "rests",
    file: fixture,
    title: "rests",
    ok: true,
    on: "2026-01-02",
    tookMs: 1,
    figures: {},
  };
  writeResults([rested], file);
  const vitest = await startVitest("test", [fixture], {
    root,
    config: false,
    watch: false,
    include: [fixture],
    reporters: [new MatrixReporter({ file, known })],
  });
  await vitest.close();
  process.exitCode = undefined;
  const results = readResults(file).map(({ fault, ok, figures }) => ({ fault, ok, figures }));
  expect(results).toEqual([
    { fault: "breaks", ok: false, figures: {} },
    { fault: "holds", ok: true, figures: { lost: 0 } },
    { fault: "is silent", ok: false, figures: {} },
    { fault: "rests", ok: true, figures: {} },
  ]);
});
