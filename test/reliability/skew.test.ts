import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { HubConfig } from "../../hub/config.ts";
import { writeWhole } from "../../ops/local/data-folder.ts";
import { filesOf } from "../../ops/local/site.ts";
import { type BareMachine, BarePair, type MachineName } from "../support/bare-pair.ts";
import { fault } from "../support/fault.ts";
import { Killable } from "../support/killable.ts";
import { until } from "../support/until.ts";
import { Acknowledged } from "./acknowledged.ts";
import { buildPrevious, type PreviousHub, unable } from "./previous-hub.ts";

type Version = "before" | "now";

/** Of what either version says, no more than is held here. */
const Fleet = z.object({
  machines: z.record(z.string(), z.object({ hub: z.object({ verdict: z.string() }) })),
  sync: z.object({ state: z.string() }),
});
const Services = z.array(z.object({ name: z.string(), owner: z.string().nullable(), epoch: z.number() }));

const perHub = 10;
const deadlineMs = 60_000;
const agent = createServer((_, response) => response.end('{"status": "healthy"}'));
let dir: string;
let pair: BarePair;
let previous: PreviousHub | undefined;
let pushes: Acknowledged;
/** Configs as today's hub takes them. */
const configs = new Map<MachineName, unknown>();

beforeAll(async () => {
  if (unable() !== "") return;
  dir = mkdtempSync(join(tmpdir(), "tandem-skew-"));
  await new Promise<void>((resolve) => agent.listen(0, "127.0.0.1", resolve));
  previous = await buildPrevious(join(dir, "previous"));
  pair = await BarePair.make(join(dir, "data"), { hubConfig: services() });
  for (const { name } of pair.both) configs.set(name, JSON.parse(readFileSync(configFile(name), "utf8")));
  pushes = new Acknowledged(pair);
}, 180_000);
afterAll(async () => {
  await pair?.stop();
  agent.close();
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
});

const configFile = (name: MachineName) => filesOf(pair.data.machine(name)).hubConfig;

/** One service each way, both instances of which are well all the time: whatever moves them is no cause. */
function services(): Pick<HubConfig, "services"> {
  const { port } = agent.address() as AddressInfo; // a TCP server's address is an object
  const at = { host: "127.0.0.1", port, probe: { kind: "http", host: "127.0.0.1", port } };
  const service = (name: string, home: string, standby: string, singleWriter: boolean) => ({
    ...{ name, home, standby, singleWriter, mode: "warm" },
    instances: { mainpc: at, pc2: at },
  });
  return HubConfig.pick({ services: true }).parse({
    services: [
      service("OfMainpc", "mainpc", "pc2", false),
      service("OfPc2", "pc2", "mainpc", false),
      service("Writer", "mainpc", "pc2", true),
    ],
  });
}

/** Ends the machine's hub and puts one of that version in its place, on the same data. */
async function become(machine: BareMachine, version: Version): Promise<void> {
  if (previous === undefined) throw new Error("there is no earlier version");
  const { hub } = machine.parts;
  await hub.end();
  const config = configs.get(machine.name);
  const { config: taken } = version === "before" ? previous.configFrom(config) : { config };
  writeWhole(configFile(machine.name), `${JSON.stringify(taken, null, 2)}\n`);
  const bundle = join(pair.data.path, "dist", "hub", "hub.mjs");
  const path = version === "before" ? previous.path : bundle;
  const args = hub.spec.args.map((arg) => (arg.endsWith("/hub.mjs") ? path : arg));
  machine.parts.hub = new Killable({ ...hub.spec, args });
}

/** Both take pushes, hear each other's reports, and leave every service where it is. */
async function livesTogether(): Promise<void> {
  await pair.inSync();
  for (const machine of pair.both) expect(await pushes.push(machine, perHub)).not.toContain("no answer");
  for (const { name, hubUrl } of pair.both) {
    const heard = async () => {
      const fleet = Fleet.parse(await (await fetch(`${hubUrl}/api/v1/fleet`)).json());
      return (
        Object.values(fleet.machines).every(({ hub }) => hub.verdict === "alive") && fleet.sync.state === "in-sync"
      );
    };
    await until(`${name} hears its peer`, heard, deadlineMs);
    const owners = async () => {
      const view = Services.parse(await (await fetch(`${hubUrl}/api/v1/services`)).json());
      return view
        .map((one) => `${one.name} ${one.owner} ${one.epoch}`)
        .sort()
        .join();
    };
    await until(`${name} knows who acts`, async () => (await owners()) === atHome, deadlineMs);
  }
}

/** Epochs of mainpc are even, of pc2 odd; the first are those of the homes. */
const atHome = "OfMainpc mainpc 0,OfPc2 pc2 1,Writer mainpc 0";

/** From a pair of one version to one of the other and back, a machine at a time. */
const walk: [MachineName, Version][] = [
  ["pc2", "before"],
  ["mainpc", "before"],
  ["pc2", "now"],
  ["mainpc", "now"],
];

it("today's hub and the one before it share a pair both ways, up and down on kept data, and no acknowledged push is lost", async ({
  task,
  skip,
}) => {
  if (previous === undefined) return skip(unable());
  const { mainpc } = pair.machines;
  await become(mainpc, "before");
  await pair.start();
  await livesTogether();
  await become(mainpc, "now");
  await mainpc.parts.hub.ready();
  await livesTogether();
  for (const [name, version] of walk) {
    await become(pair.machines[name], version);
    await pair.machines[name].parts.hub.ready();
    await livesTogether();
  }
  const found = await pushes.held();
  expect(found).toMatchObject({ lost: 0, missing: 0 });
  expect(found.acknowledged).toBeGreaterThan(0);
  for (const id of ["peer-older", "peer-newer", "downgraded"])
    fault(task, id, { versions: walk.length + 2, refused: pushes.refused, unanswered: pushes.unanswered, ...found });
}, 300_000);
