/** A deployment of a real pair that is cut off, or that somebody else gets in the way of; each test goes on where the one before ended. */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { until } from "../../support/until.ts";
import { roamerRoute } from "./deploy-fleet.ts";
import { Client } from "./deploy-run.ts";
import { DeploySite, say, testMs } from "./deploy-site.ts";

vi.setConfig({ testTimeout: testMs });
let site: DeploySite;

beforeAll(async () => {
  site = await DeploySite.prepare("deploy-cut");
  await site.deploy();
}, testMs);
afterAll(() => site?.remove());

it("of two at once the second is told who holds the lock, and unlock takes away one whose owner is gone", async () => {
  site.fleet.change({ plain: "two" });
  const first = site.start("deploy", "--yes");
  await first.says(/previewing/);
  const { text } = await site.tandem(1, "deploy", "--yes");
  expect(text).toMatch(/is locked by \S+@\S+, deploy, since .*process \d+\n {2}→ .*tandem unlock/);
  expect(await first.ended, first.text).toBe(0);
  const owner = {
    id: "x",
    user: "somebody",
    host: "elsewhere",
    pid: 1,
    since: new Date().toISOString(),
    what: "deploy",
  };
  await site.pair.lab.mainpc.exec(`printf '%s\\n' '${JSON.stringify(owner)}' >/var/lib/tandem/deploy.lock/1`);
  expect((await site.tandem(1, "deploy", "--yes")).text).toContain("mainpc is locked by somebody@elsewhere");
  expect((await site.tandem(0, "unlock", "--yes")).text).toMatch(/^free: mainpc$/m);
  await site.settled();
});

it("with the other machine dead one is deployed alone, and the other when it is back", async () => {
  await site.pair.lab.kill("mainpc");
  site.fleet.change({ edge: "three" });
  expect((await site.tandem(1, "deploy", "--yes")).text).toContain("tandem deploy --alone");
  const alone = await site.deploy("--alone");
  expect(alone.text).toMatch(/^mainpc is left out/m);
  expect(alone.text).toMatch(/one copy only, as before/);
  expect(await site.version("pc2", 7_320)).toBe("three");
  await site.pair.lab.start("mainpc");
  await site.pair.whole();
  await site.deploy();
  await site.settled();
});

const isDeep = true;
it.each([
  ["the command while it previews", /mainpc: previewing/, !isDeep],
  ["the command while a hub is replaced", /pc2: hub: the new one is made$/m, !isDeep],
  ["command and engine while a hub is replaced", /mainpc: hub: the new one is made$/m, isDeep],
  ["command and engine while an agent is replaced", /mainpc: Plain: the old one is taken away, done$/m, isDeep],
  ["the command while it verifies", /mainpc: verifying/, !isDeep],
  ["command and engine while NATS is replaced", /pc2: nats: the new one is made$/m, isDeep],
])("SIGKILL of %s is healed by the next run", async (what, pattern, engine) => {
  const version = what.replaceAll(/\W+/g, "-");
  site.fleet.change({ plain: version, roamer: version });
  await site.set("hub.metricsHours", String(30 + what.length));
  if (/NATS/.test(what)) await site.set("jetstream.maxStoreMb", "11000");
  const running = site.start("deploy", "--yes");
  await running.says(pattern);
  await running.kill(engine ? site.enginePids() : []);
  const healed = await site.deploy();
  expect(healed.text).toMatch(/it was interrupted/);
  expect(await site.plain()).toBe(version);
  await until("Roamer is at home", () => site.isHome(), 60_000);
  await site.settled();
});

it("Ctrl-C ends it in order, and the next run goes on", async () => {
  site.fleet.change({ plain: "seven", edge: "seven" });
  const running = site.start("deploy", "--yes");
  await running.says(/pc2: Edge: the old one is taken away$/m);
  running.interrupt();
  expect(await running.ended, running.text).toBe(130);
  expect(running.text).toContain("the next tandem deploy looks what is there and goes on");
  await site.deploy();
  expect(await site.plain()).toBe("seven");
  await site.settled();
});

it("an operator's switchovers in the middle do no harm, and where the service was put it stays", async () => {
  site.fleet.change({ roamer: "eight" });
  const client = new Client(site.url("pc2", roamerRoute));
  const running = site.start("deploy", "--yes");
  await running.says(/mainpc: verifying/);
  const isWell = async () => (await site.roamer())?.instances.mainpc?.health === "healthy";
  await until("Roamer is well on mainpc again", isWell, 60_000);
  await site.switchover("mainpc");
  await site.switchover("pc2");
  expect(await running.ended, running.text).toBe(0);
  await client.stop();
  say(`clients of Roamer: ${client.asked} requests, ${client.failed.length} failed`);
  expect(running.text).toContain("Roamer was moved by somebody meanwhile and is left on pc2");
  expect(client.failed).toEqual([]);
  expect(await site.roamer()).toMatchObject({ owner: "pc2", state: "away" });
  await site.settled();
});
