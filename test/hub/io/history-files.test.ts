import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cellBytes, writeCell } from "../../../hub/core/history/agent-cells.ts";
import { HistoryRing, keptMinutes, type MinuteRow } from "../../../hub/core/history/ring.ts";
import { nothingKnown } from "../../../hub/core/history/series.ts";
import { HistoryMessage, takeHistory, tellHistory } from "../../../hub/io/history-exchange.ts";
import { HistoryFiles } from "../../../hub/io/history-files.ts";
import { createLog } from "../../../hub/io/log.ts";

const atMs = Date.parse("2026-03-10T12:30:00Z");
const now = atMs / 60_000;
const ids = ["mainpc/A", "pc2/B"];
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tandem-history-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const log = createLog("test", () => {});
const row = (minute: number, series: number, latencies: number[]): MinuteRow => {
  const agents = new Uint8Array(latencies.length * cellBytes);
  for (const [i, latencyMs] of latencies.entries()) writeCell(agents, i, { latencyMs, ill: 0 });
  return { minute, sample: { ...nothingKnown(), series }, agents };
};
async function read(of = ids) {
  const ring = new HistoryRing(of);
  await new HistoryFiles(directory, of, log).read(ring, now);
  return ring;
}

it("gives back what was seen, each agent its own, also after one was added and one was taken out", async () => {
  await new HistoryFiles(directory, ids, log).add([row(now - 1, 7, [3, 5])], atMs);
  const same = await read();
  expect([same.valueAt(now - 1, "series"), same.agentAt(now - 1, 1).latencyMs]).toEqual([7, 5]);
  const other = await read(["pc2/B", "pc2/C"]);
  expect([0, 1].map((i) => other.agentAt(now - 1, i).latencyMs)).toEqual([5, null]);
});

it("knows what came from the peer again as the peer's: what this hub saw itself goes before it, in whatever order", async () => {
  const files = new HistoryFiles(directory, ids, log);
  await files.add([row(now - 2, 1, [1, 1])], atMs);
  await files.add([row(now - 2, 9, [9, 9]), row(now - 3, 8, [8, 8])], atMs, true);
  const ring = await read();
  expect([now - 2, now - 3].map((minute) => ring.valueAt(minute, "series"))).toEqual([1, 8]);
});

it("loses the one minute whose line is damaged, and none where the line that names the agents is", async () => {
  await new HistoryFiles(directory, ids, log).add([row(now - 2, 1, [1, 1]), row(now - 1, 2, [2, 2])], atMs);
  const path = join(directory, readdirSync(directory)[0] ?? "");
  const lines = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, ["torn", ...lines.slice(1)].join("\n"));
  expect((await read()).valueAt(now - 2, "series")).toBe(1);
  writeFileSync(path, [lines[0], "torn", lines[2]].join("\n"));
  const ring = await read();
  expect([now - 2, now - 1].map((minute) => ring.valueAt(minute, "series"))).toEqual([null, 2]);
});

it("names the agents again behind an hour's first line that could not be written", async () => {
  const files = new HistoryFiles(directory, ids, log);
  const path = join(directory, "2026-03-10T12.log");
  mkdirSync(path);
  await files.add([row(now - 2, 1, [1, 1])], atMs);
  rmdirSync(path);
  await files.add([row(now - 1, 7, [3, 5])], atMs);
  const other = await read(["pc2/B", "pc2/C"]);
  expect([0, 1].map((i) => other.agentAt(now - 1, i).latencyMs)).toEqual([5, null]);
});

it("fills the gap of one hub from the other by an answer that its schema takes, and asks no more for what both do not know", async () => {
  const [away, there] = [new HistoryRing(ids), new HistoryRing([...ids].reverse())];
  for (const minute of [now - 3, now - 2]) there.record(row(minute, minute, [1, 2]));
  const message = HistoryMessage.parse(JSON.parse(JSON.stringify(tellHistory(there, "pc2", now - 4, 3))));
  expect(takeHistory(away, message, now - 4, 3).map(({ minute }) => minute)).toEqual([now - 3, now - 2]);
  expect([0, 1].map((i) => away.agentAt(now - 3, i).latencyMs)).toEqual([2, 1]);
  expect(away.gaps(now - 2, 120)[0]).toEqual({ from: now - 124, minutes: 120 });
});

it("takes 4.1 KB a minute of 1,000 agents, 25 hours less than 7.5 MB, and reads them back", async () => {
  const many = Array.from({ length: 1_000 }, (_, i) => `mainpc/Agent${i}`);
  const files = new HistoryFiles(directory, many, log);
  const latencies = many.map((_, i) => i / 10);
  for (let ago = 60; ago > 0; ago--) await files.add([row(now - ago, ago, latencies)], atMs - ago * 60_000);
  const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  expect((bytes / 60) * keptMinutes).toBeLessThan(7_500_000);
  expect((await read(many)).agentAt(now - 30, 999).latencyMs).toBe(99.9);
});
