import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { localData, localRun } from "../../../ops/ledger/hubs.ts";

let folder: string;
const before = process.cwd();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-hubs-"));
  process.chdir(folder);
  mkdirSync(localData);
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

const lock = (pid: number) =>
  writeFileSync(join(localData, "tandem.lock"), JSON.stringify({ pid, startedAt: new Date().toISOString() }));

it("a local run that was killed leaves its lock, and hides no site", () => {
  expect(localRun({})).toBeUndefined();
  lock(4_194_305);
  expect(localRun({})).toBeUndefined();
  expect(localRun({ data: "named" })).toBe("named");
});
