import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { askObjectives } from "../../../ops/soak/objectives.ts";
import { RunRecord } from "../../../ops/soak/record.ts";
import { reportTexts, writeTexts } from "../../../ops/soak/report/write.ts";
import { Store } from "../../../ops/soak/store.ts";
import { objective } from "../../hub/objective.ts";
import { finishRun, hour } from "./finished-run.ts";
import { sliceAt, startMs } from "./slices.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tandem-soak-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function hubOf(name: string) {
  const objectives = [objective({ availability: 0.9995, budgetLeft: 0.5 })];
  const server = createServer((_, response) => response.end(JSON.stringify({ machine: name, now: "", objectives })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { name, hubUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }; // it listens on TCP
}

it("what the hubs say of their objectives at the end stands in all reports, vouched for by the last checkpoint", async () => {
  const store = Store.open(dir, { asked: hour, copies: false });
  const record = new RunRecord(store);
  record.add(sliceAt(0));
  const silent = { name: "pc2", hubUrl: "http://127.0.0.1:1" };
  record.tell(await askObjectives([await hubOf("mainpc"), silent], startMs + 60_000));
  record.checkpoint();
  writeTexts(dir, reportTexts(record.source()));
  const text = readFileSync(join(dir, "report.md"), "utf8");
  expect(text).toMatch(/\| pair \| mainpc \| 99\.9 % over 30 days \| 99\.95 % \| 50 % \| no \|/);
  expect(text).not.toContain("the hubs told of");
  expect(JSON.parse(readFileSync(join(dir, "report.json"), "utf8")).objectives).toHaveLength(1);
  expect(readFileSync(join(dir, "report.html"), "utf8")).toContain("Objectives, by the hubs");
});

it("a run of a version that did not ask has the report that it had", () => {
  finishRun(dir);
  expect(readFileSync(join(dir, "report.md"), "utf8")).not.toContain("Objectives");
  expect(readFileSync(join(dir, "report.json"), "utf8")).not.toContain('"objectives"');
});
