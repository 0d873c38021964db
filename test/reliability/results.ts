/** What the tests of the matrix said when they last ran: docs/reliability.jsonl, one line a result, so that a change is a line. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../../ops/local/data-folder.ts";

export const Result = z.strictObject({
  /** Id of the fault. */
  fault: z.string(),
  file: z.string(),
  title: z.string(),
  /** Whether the test passed. */
  ok: z.boolean(),
  /** Day of the run, UTC. */
  on: z.iso.date(),
  /** What the test took, its hooks aside, ms. */
  tookMs: z.number().int().min(0),
  figures: z.record(z.string(), z.number()),
});
export type Result = z.infer<typeof Result>;

export const resultsFile = join(import.meta.dirname, "..", "..", "docs", "reliability.jsonl");

export function readResults(file = resultsFile): Result[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => Result.parse(JSON.parse(line)));
}

/** Puts new results in the place of those of the same tests. */
export function merge(before: readonly Result[], now: readonly Result[]): Result[] {
  const byKey = new Map([...before, ...now].map((result) => [keyOf(result), result]));
  return [...byKey.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

export function writeResults(results: readonly Result[], file = resultsFile): void {
  writeWhole(file, results.map((result) => `${JSON.stringify(result)}\n`).join(""));
}

export const keyOf = ({ fault, file, title }: Pick<Result, "fault" | "file" | "title">) =>
  JSON.stringify([fault, file, title]);
