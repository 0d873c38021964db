/** A reporter of vitest that keeps what the tests of the matrix said; those that were skipped leave what was said before. */
import { join, relative } from "node:path";
import type { Reporter, TestCase } from "vitest/node";
import type { Fault } from "./fault.ts";
import { faults } from "./faults.ts";
import { merge, type Result, readResults, resultsFile, writeResults } from "./results.ts";

const root = join(import.meta.dirname, "../..");

export default class MatrixReporter implements Reporter {
  readonly #file: string;
  readonly #faults: readonly Fault[];
  readonly #results: Result[] = [];

  /** @param options vitest itself gives an empty one where the reporter is named by its file */
  constructor({ file = resultsFile, known = faults }: { file?: string; known?: readonly Fault[] } = {}) {
    this.#file = file;
    this.#faults = known;
  }

  onTestCaseResult(test: TestCase): void {
    const file = relative(root, test.module.moduleId);
    const { state } = test.result();
    if (state !== "passed" && state !== "failed") return;
    for (const { id, tests } of this.#faults) {
      if (!tests.some((one) => one.file === file && one.title === test.name)) continue;
      const figures = test.meta().faults?.[id];
      const tookMs = Math.round(test.diagnostic()?.duration ?? 0);
      const on = new Date().toISOString().slice(0, 10);
      // One that passed and said nothing of the fault has not looked at it.
      const ok = state === "passed" && figures !== undefined;
      this.#results.push({ fault: id, file, title: test.name, ok, on, tookMs, figures: figures ?? {} });
    }
  }

  onTestRunEnd(): void {
    if (this.#results.length > 0) writeResults(merge(readResults(this.#file), this.#results), this.#file);
  }
}
