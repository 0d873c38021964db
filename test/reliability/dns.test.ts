import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HubConfig } from "../../hub/config.ts";
import { writeWhole } from "../../ops/local/data-folder.ts";
import { filesOf, machineNames, otherMachine } from "../../ops/local/site.ts";
import { BarePair, partNames } from "../support/bare-pair.ts";
import { fault } from "../support/fault.ts";
import { Killable } from "../support/killable.ts";
import { until } from "../support/until.ts";
import { Acknowledged } from "./acknowledged.ts";
import { NameServer } from "./name-server.ts";

const domain = "tandem.test";
const perHub = 10;
let dir: string;
let pair: BarePair;
let names: NameServer | undefined;

beforeAll(async () => {
  if (NameServer.unable !== "") return;
  dir = mkdtempSync(join(tmpdir(), "tandem-dns-"));
  pair = await BarePair.make(join(dir, "data"));
  const { host } = pair.machines.mainpc.at.hub;
  names = await NameServer.start(
    host,
    dir,
    Object.fromEntries(machineNames.map((name) => [`${name}.${domain}`, host])),
  );
  for (const machine of pair.both) {
    nameThePeer(machine.name);
    for (const part of partNames) machine.parts[part] = new Killable(names.behind(machine.parts[part].spec));
  }
  await pair.start();
}, 180_000);
afterAll(async () => {
  await pair?.stop();
  names?.stop();
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
});

/** The machine reaches the other one by its name alone. */
function nameThePeer(machine: (typeof machineNames)[number]): void {
  const files = filesOf(pair.data.machine(machine));
  const name = `${otherMachine(machine)}.${domain}`;
  const config = HubConfig.parse(JSON.parse(readFileSync(files.hubConfig, "utf8")));
  for (const at of [
    config.peer.hub,
    config.peer.nats,
    config.peer.monitoring,
    config.peer.pushgateway,
    config.peer.beats,
  ])
    at.host = name;
  writeWhole(files.hubConfig, `${JSON.stringify(config, null, 2)}\n`);
  const conf = readFileSync(files.natsConf, "utf8");
  writeWhole(files.natsConf, conf.replaceAll(/(nats-leaf:\/\/)[\d.]+/g, `$1${name}`));
}

it("names that fail, then names that nobody answers, keep no push waiting, and the pair is whole once they are back", async ({
  task,
  skip,
}) => {
  if (names === undefined) return skip(NameServer.unable);
  const { mainpc, pc2 } = pair.machines;
  const pushes = new Acknowledged(pair);
  const toBoth = async () => {
    const answers = (await Promise.all(pair.both.map((machine) => pushes.push(machine, perHub)))).flat();
    expect(answers.filter((answer) => !answer.startsWith("200"))).toEqual([]);
  };
  await toBoth();
  expect(names.asked.answers).toBeGreaterThan(0);

  names.mood = "fails";
  // All connections to mainpc end, and none can be made anew.
  await Promise.all([mainpc.parts.hub.kill(), mainpc.parts.nats.kill()]);
  expect((await pushes.push(pc2, perHub)).every((answer) => answer === "200 local")).toBe(true);
  await Promise.all([mainpc.parts.nats.ready(), mainpc.parts.hub.ready()]);
  await toBoth();
  await until("a name that was asked for in vain", () => (names?.asked.fails ?? 0) > 0);

  names.mood = "is silent";
  await until("a name that nobody answers for", () => (names?.asked["is silent"] ?? 0) > 0);
  await toBoth();
  // A start must not wait for a name either.
  await pc2.parts.hub.kill();
  await pc2.parts.hub.ready();
  await toBoth();

  names.mood = "answers";
  const backAtMs = performance.now();
  await pair.inSync();
  const inSyncAfterMs = Math.round(performance.now() - backAtMs);
  const found = await pushes.held();
  expect(found).toMatchObject({ acknowledged: 9 * perHub, lost: 0, missing: 0 });
  fault(task, "dns-gone", { inSyncAfterMs, refused: pushes.refused, ...found });
}, 240_000);
