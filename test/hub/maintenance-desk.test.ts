import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createLog } from "../../hub/io/log.ts";
import { MaintenanceDesk } from "../../hub/maintenance-desk.ts";
import { until } from "../support/until.ts";
import { smallConfig } from "./small-config.ts";

const word = { target: "mainpc/TutorAgent", minutes: 10, reason: "new disk", by: "ann" };

function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "tandem-maintenance-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function open(stateDirectory: string) {
  const changes: string[][] = [];
  const lines: string[] = [];
  const desk = new MaintenanceDesk({
    config: smallConfig({ stateDirectory }),
    onChange: (targets) => changes.push(targets),
    log: createLog("test", (line) => lines.push(line)),
  });
  onTestFinished(() => desk.stop());
  await desk.open();
  return { desk, changes, lines };
}

it("maintenance outlives a restart of the hub, its end too", async () => {
  const dir = scratch();
  const first = await open(dir);
  await first.desk.begin(word);
  const second = await open(dir);
  expect(second.changes).toEqual([["mainpc/TutorAgent"]]);
  expect(second.desk.views()).toMatchObject([{ target: "mainpc/TutorAgent", reason: "new disk", by: "ann" }]);
  expect(await second.desk.end("mainpc/TutorAgent", "bob")).toMatchObject({ by: "bob" });
  const third = await open(dir);
  expect([third.desk.views(), third.changes]).toEqual([[], []]);
});

it("maintenance that the peer was told of is kept here as well, and told once", async () => {
  const dir = scratch();
  const [here, there] = [await open(dir), await open(scratch())];
  await there.desk.begin(word);
  here.desk.heard(there.desk.words());
  here.desk.heard(there.desk.words());
  expect(here.changes).toEqual([["mainpc/TutorAgent"]]);
  expect(here.desk.covers("mainpc/TutorAgent")).toBe(true);
  await until("it to be on the disk", async () => (await open(dir)).desk.covers("mainpc/TutorAgent"));
});

it("maintenance ends by itself, and says so", async () => {
  const { desk, changes } = await open(scratch());
  await desk.begin({ ...word, minutes: 0.001 });
  await until("its end", () => changes.length === 2);
  expect(changes).toEqual([["mainpc/TutorAgent"], []]);
});

it("a file that is torn keeps no hub from starting", async () => {
  const dir = scratch();
  writeFileSync(join(dir, "maintenance.json"), "[{");
  const { desk, lines } = await open(dir);
  expect(desk.views()).toEqual([]);
  expect(lines.join()).toContain("maintenance.unread");
});
