import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BarePair } from "../support/bare-pair.ts";
import { fault } from "../support/fault.ts";
import { Acknowledged } from "./acknowledged.ts";

const perHub = 30;
let dir: string;
let pair: BarePair;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "tandem-old-volume-"));
  pair = await BarePair.make(join(dir, "data"));
  await pair.start();
}, 180_000);
afterEach(async () => {
  await pair?.stop();
  rmSync(dir, { recursive: true, force: true });
});

it("an old copy of mainpc's streams, put back while it is off, costs no acknowledged push, and both are equal", async ({
  task,
}) => {
  const { mainpc } = pair.machines;
  const { nats, hub } = mainpc.parts;
  const copy = join(dir, "copy");
  const pushes = new Acknowledged(pair);
  const toBoth = () => Promise.all(pair.both.map((machine) => pushes.push(machine, perHub)));
  const off = async () => {
    await hub.end();
    await nats.end();
  };
  const on = async () => {
    nats.start();
    await nats.ready();
    hub.start();
    await pair.inSync();
  };

  await toBoth();
  await pushes.held();
  await off();
  cpSync(mainpc.natsStore, copy, { recursive: true });
  await on();
  await toBoth();
  await pushes.held();
  await off();
  rmSync(mainpc.natsStore, { recursive: true });
  cpSync(copy, mainpc.natsStore, { recursive: true });
  await on();
  await toBoth();

  const found = await pushes.held();
  // A hub that was just started may refuse some: those are no loss.
  expect(found).toMatchObject({ lost: 0, missing: 0 });
  expect(found.acknowledged).toBeGreaterThan(4 * perHub);
  fault(task, "old-volume", found);
}, 240_000);
