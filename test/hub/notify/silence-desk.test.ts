import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createLog } from "../../../hub/io/log.ts";
import { SilenceDesk } from "../../../hub/notify/silence-desk.ts";
import { smallConfig } from "../small-config.ts";

async function open(stateDirectory: string) {
  let said = 0;
  const log = createLog("test", () => {});
  const desk = new SilenceDesk({ config: smallConfig({ stateDirectory }), onSaid: () => said++, log });
  onTestFinished(() => desk.stop());
  await desk.open();
  return { desk, said: () => said };
}

function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "tandem-silences-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const order = { target: "nats-lost pc2", minutes: 10, reason: "known", by: "ann" };

it("a silence outlives a restart of the hub, and its end does too", async () => {
  const dir = scratch();
  const first = await open(dir);
  expect(await first.desk.begin(order)).toMatchObject({ target: "nats-lost pc2", reason: "known", by: "ann" });
  expect(first.said()).toBe(1);
  const second = await open(dir);
  expect(second.desk.isQuiet("nats-lost", "pc2")).toBe(true);
  expect(await second.desk.end("nats-lost pc2", "bob")).toMatchObject({ by: "bob" });
  const third = await open(dir);
  expect([third.desk.views(), third.desk.isQuiet("nats-lost", "pc2")]).toEqual([[], false]);
});

it("a silence that the peer was told holds here, and of two words on one target the later counts at both", async () => {
  const [here, there] = [await open(scratch()), await open(scratch())];
  await there.desk.begin(order);
  here.desk.heard(there.desk.words());
  expect(here.desk.isQuiet("nats-lost", "pc2")).toBe(true);
  await here.desk.end("nats-lost pc2", "bob");
  here.desk.heard(there.desk.words());
  there.desk.heard(here.desk.words());
  expect([here, there].map(({ desk }) => desk.isQuiet("nats-lost", "pc2"))).toEqual([false, false]);
});
