/** `tandem deploy` and `rollback` of a real pair; each test goes on where the one before it ended. */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { until } from "../../support/until.ts";
import { roamerRoute } from "./deploy-fleet.ts";
import { Client } from "./deploy-run.ts";
import { DeploySite, say, seconds, testMs } from "./deploy-site.ts";

vi.setConfig({ testTimeout: testMs });
let site: DeploySite;

beforeAll(async () => {
  site = await DeploySite.prepare("deploy");
});
afterAll(() => site?.remove());

it("a first deploy puts up both machines, and a second one finds nothing to do", async () => {
  const first = await site.deploy();
  expect(first.text).toMatch(/^ {2}first up: \d+ containers are made$/m);
  await site.settled();
  expect(await site.plain()).toBe("one");
  await until("Roamer is at home", () => site.isHome());
});

it("a change of hubs and agents reaches both machines, the service moves meanwhile, and no client of it is refused", async () => {
  await site.set("hub.metricsHours", "25");
  site.fleet.change({ roamer: "two", plain: "two", edge: "two" });
  const client = new Client(site.url("pc2", roamerRoute));
  const { text, stdout } = await site.deploy("--json");
  await client.stop();
  say(`clients of Roamer: ${client.asked} requests, ${client.failed.length} failed`);
  expect(text).toMatch(/^ {2}hub: replaced without a gap/m);
  expect(text).toMatch(/^ {2}service Roamer: moves to pc2 meanwhile, and back$/m);
  expect(text).toMatch(/^ {2}buffer: /m);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: "done", number: 2, notes: [] });
  expect(client.failed).toEqual([]);
  expect([...client.bodies].map((body) => JSON.parse(body).version).toSorted()).toEqual(["one", "two"]);
  await until("Roamer is at home", () => site.isHome());
  expect(await site.plain()).toBe("two");
  await site.settled();
});

it("a change whose program ends at once is rolled back by itself, with its last lines", async () => {
  site.fleet.change({ plain: "broken", edge: "three" });
  const { text } = await site.tandem(1, "deploy", "--yes");
  expect(text).toMatch(/^deployment 3 was rolled back: verify of mainpc failed:$/m);
  expect(text).toMatch(/^last lines of Plain on mainpc .*:\n {2}there is no model to load$/m);
  expect(await site.plain()).toBe("two");
  expect(await site.version("pc2", 7_320)).toBe("two");
  site.fleet.change({ plain: "two", edge: "two" });
  await site.settled();
});

it("a hub that cannot start is rolled back by itself, and the one before answers all the time", async () => {
  // An image without Node.
  const image = site.pair.lab.stackConfig("pc2").images?.pushgateway ?? "";
  await site.pair.engine.set("pc2", "images.hub", image);
  const client = new Client(`${site.pair.at("pc2").hub}/livez`);
  const { text } = await site.tandem(1, "deploy", "--yes");
  await client.stop();
  say(`clients of the hub: ${client.asked} requests, ${client.failed.length} failed`);
  expect(text).toMatch(/was rolled back: up of pc2 failed:/);
  expect(client.failed).toEqual([]);
  await site.pair.engine.set("pc2", "images.hub", "");
  await site.settled();
});

it("one agent is brought back within 30 s, and the next deploy brings the folder's again", async () => {
  site.fleet.change({ plain: "three" });
  await site.deploy();
  const { tookMs } = await site.tandem(0, "rollback", "--agent", "Plain", "--yes");
  say(`rollback of an agent ${seconds(tookMs)}`);
  expect(await site.plain()).toBe("two");
  expect((await site.tandem(0, "history")).stdout).toMatch(/Plain back to \d+/);
  await site.deploy();
  expect(await site.plain()).toBe("three");
  expect(tookMs).toBeLessThan(30_000);
});

it("a machine and a pair are brought back within 5 minutes each, without a registry", async () => {
  await site.set("hub.metricsHours", "26");
  site.fleet.change({ plain: "four", roamer: "four" });
  await site.deploy();
  const machine = await site.tandem(0, "rollback", "--machine", "mainpc", "--yes");
  say(`rollback of a machine ${seconds(machine.tookMs)}`);
  expect(await site.plain()).toBe("three");
  await site.deploy();
  const both = await site.tandem(0, "rollback", "--yes", "--to", "2");
  say(`rollback of both ${seconds(both.tookMs)}`);
  expect(await site.plain()).toBe("two");
  await site.pair.whole();
  await site.deploy();
  expect(await site.plain()).toBe("four");
  expect(machine.tookMs).toBeLessThan(300_000);
  expect(both.tookMs).toBeLessThan(600_000);
});
