/** `tandem deploy` and `rollback` of a real pair; each test goes on where the one before it ended. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listProcesses } from "../../../ops/local/processes.ts";
import { askServices } from "../../../ops/site/ask-services.ts";
import { until } from "../../support/until.ts";
import { DeployFleet, plainPort, roamerRoute } from "./deploy-fleet.ts";
import { Client, Running } from "./deploy-run.ts";
import { DeployedPair, type Stack, stacks } from "./deployed-pair.ts";
import type { Update } from "./engine.ts";

const say = (line: string) => void process.stderr.write(`${line}\n`);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

let pair: DeployedPair;
let fleet: DeployFleet;
const cache = mkdtempSync(join(tmpdir(), "tandem-deploy-cache-"));

beforeAll(async () => {
  pair = await DeployedPair.prepare("deploy", say);
  pair.engine.env.XDG_CACHE_HOME = cache;
  fleet = new DeployFleet(pair.lab.stackConfig("mainpc").images?.hubBase ?? "");
  const made = await pair.engine.tandem("init", "--answers", pair.answers());
  expect(made.code, made.text).toBe(0);
  for (const stack of stacks) {
    await pair.engine.set(stack, "limits.natsMemoryMb", "512");
    await pair.engine.set(stack, "jetstream.maxMemoryMb", "256");
    await pair.engine.set(stack, "fleet.directory", fleet.dir);
  }
});
afterAll(async () => {
  fleet?.remove();
  rmSync(cache, { recursive: true, force: true });
  await pair?.remove();
});

/** A run that must end so; what it said is shown when it does not. */
async function tandem(code: number, ...args: string[]): Promise<Update> {
  const update = await pair.engine.tandem(...args);
  say(`tandem ${args.join(" ")}: ${seconds(update.tookMs)}, ends with ${update.code}`);
  expect(update.code, update.text).toBe(code);
  return update;
}

const deployed = (...args: string[]) => tandem(0, "deploy", "--yes", ...args);
const at = (stack: Stack, port: number) => `http://${pair.lab[stack].address}:${port}/`;
/** Which version answers. */
const answerOf = async (url: string): Promise<unknown> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  return ((await answer.json()) as { version: unknown }).version; // deploy-fleet.ts has the program
};
const plain = () => answerOf(at("mainpc", plainPort));
const roamer = async (stack: Stack = "mainpc") =>
  (await askServices(pair.at(stack).hub))?.find(({ name }) => name === "Roamer");
const isHome = async () =>
  (await Promise.all(stacks.map((stack) => roamer(stack)))).every((one) => one?.state === "home");
/** Both machines are as the folder says, whole, with the lock free. */
async function settled(): Promise<void> {
  await pair.whole();
  await tandem(0, "deploy");
}
const json = (update: Update) => JSON.parse(update.stdout) as Record<string, unknown> & { logs: { lines: string[] }[] }; // our own output

it("a first deploy puts up both machines, and a second one finds nothing to do", async () => {
  const first = await deployed();
  expect(first.text).toMatch(/^ {2}first up: \d+ containers are made$/m);
  await pair.whole();
  expect((await tandem(0, "deploy")).stdout).toMatch(/^ {2}no change$/m);
  expect(await plain()).toBe("one");
  await until("Roamer is at home", isHome);
});

it("a change of hubs and agents reaches both machines, the service moves meanwhile, and no client of it is refused", async () => {
  for (const stack of stacks) await pair.engine.set(stack, "hub.metricsHours", "25");
  fleet.change({ roamer: "two", plain: "two", edge: "two" });
  const client = new Client(at("pc2", roamerRoute));
  const update = await deployed("--json");
  await client.stop();
  say(`clients of Roamer: ${client.asked} requests, ${client.failed.length} failed`);
  expect(update.stderr).toMatch(/^ {2}hub: replaced without a gap/m);
  expect(update.stderr).toMatch(/^ {2}service Roamer: moves to pc2 meanwhile, and back$/m);
  expect(update.stderr).toMatch(/^ {2}buffer: /m);
  expect(json(update)).toMatchObject({ outcome: "done", number: 2, notes: [] });
  expect(client.failed).toEqual([]);
  expect([...client.bodies].map((body) => JSON.parse(body).version).toSorted()).toEqual(["one", "two"]);
  await until("Roamer is at home", isHome);
  expect(await plain()).toBe("two");
  await settled();
});

it("a change whose program ends at once is rolled back by itself, with its last lines", async () => {
  fleet.change({ plain: "broken", edge: "three" });
  const update = await tandem(1, "deploy", "--yes");
  expect(update.text).toMatch(/^deployment 3 was rolled back: /m);
  expect(update.text).toContain("there is no model to load");
  expect(await plain()).toBe("two");
  await pair.whole();
  fleet.change({ plain: "two", edge: "two" });
  await settled();
});

it("a hub that cannot start is rolled back by itself, and the one before went on all the time", async () => {
  await pair.engine.set("pc2", "limits.hubMemoryMb", "8");
  const client = new Client(`${pair.at("pc2").hub}/livez`);
  const update = await tandem(1, "deploy", "--yes");
  await client.stop();
  say(`clients of the hub: ${client.asked} requests, ${client.failed.length} failed`);
  expect(update.text).toMatch(/was rolled back: up of pc2 failed/);
  await pair.engine.set("pc2", "limits.hubMemoryMb", "512");
  await settled();
});

it("one agent is brought back within 30 s", async () => {
  fleet.change({ plain: "three" });
  await deployed();
  expect(await plain()).toBe("three");
  const update = await tandem(0, "rollback", "--agent", "Plain", "--yes");
  say(`rollback of an agent ${seconds(update.tookMs)}`);
  expect(update.tookMs).toBeLessThan(30_000);
  expect(await plain()).toBe("two");
  expect((await tandem(0, "history")).stdout).toMatch(/Plain back to \d+/);
  // The folder still holds the newer one.
  await deployed();
  expect(await plain()).toBe("three");
});

it("a machine and a pair are brought back within 5 minutes each, without a registry", async () => {
  for (const stack of stacks) await pair.engine.set(stack, "hub.metricsHours", "26");
  fleet.change({ plain: "four", roamer: "four" });
  await deployed();
  const machine = await tandem(0, "rollback", "--machine", "mainpc", "--yes");
  say(`rollback of a machine ${seconds(machine.tookMs)}`);
  expect(machine.tookMs).toBeLessThan(300_000);
  expect(await plain()).toBe("three");
  await deployed();
  const both = await tandem(0, "rollback", "--yes", "--to", "2");
  say(`rollback of both ${seconds(both.tookMs)}`);
  expect(await plain()).toBe("two");
  await pair.whole();
  await deployed();
  expect(await plain()).toBe("four");
});

it("of two at once the second is told who holds the lock, and unlock takes away one whose owner is gone", async () => {
  fleet.change({ plain: "five" });
  const first = new Running(pair.engine, "deploy", "--yes");
  await first.says(/previewing/);
  expect((await tandem(1, "deploy", "--yes")).text).toMatch(
    /is locked by \S+@\S+, deploy, since .*process \d+\n {2}→ .*tandem unlock/,
  );
  expect(await first.ended, first.text).toBe(0);
  const owner = {
    id: "x",
    user: "somebody",
    host: "elsewhere",
    pid: 1,
    since: new Date().toISOString(),
    what: "deploy",
  };
  await pair.lab.mainpc.exec(`printf '%s\\n' '${JSON.stringify(owner)}' >/var/lib/tandem/deploy.lock/1`);
  expect((await tandem(1, "deploy", "--yes")).text).toContain("mainpc is locked by somebody@elsewhere");
  expect((await tandem(0, "unlock", "--yes")).text).toMatch(/^free: mainpc$/m);
  await settled();
});

it("with the other machine dead one is deployed alone, and the other when it is back", async () => {
  await pair.lab.kill("mainpc");
  fleet.change({ edge: "six" });
  expect((await tandem(1, "deploy", "--yes")).text).toContain("tandem deploy --alone");
  const alone = await deployed("--alone");
  expect(alone.text).toMatch(/mainpc is left out/);
  expect(alone.text).toMatch(/one copy only, as before/);
  expect(await answerOf(at("pc2", 7_321))).toBe("six");
  await pair.lab.start("mainpc");
  await pair.whole();
  await deployed();
  await settled();
});

/** The engine's processes, plugins included: all that have this site's folder in their environment, but for this test's. */
const enginePids = () =>
  listProcesses().flatMap(({ pid, command }) =>
    /^\S*pulumi/.test(command) && environmentOf(pid).includes(pair.engine.site.slice(0, -"site".length)) ? pid : [],
  );
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}

it.each([
  ["the command while it previews", /mainpc: previewing/, false],
  ["the command in the middle of a replacement", /pc2: hub: the new one is made$/m, false],
  ["command and engine in the middle of a replacement", /pc2: hub: the new one is made$/m, true],
  [
    "command and engine while an agent is replaced",
    /mainpc: Plain: the (old one is taken away|new one is made)$/m,
    true,
  ],
  ["the command while it verifies", /mainpc: verifying/, false],
  ["command and engine while NATS is replaced", /mainpc: nats: the old one is taken away/, true],
])("SIGKILL of %s is healed by the next run", async (what, pattern, engine) => {
  const version = `killed ${what}`.replaceAll(/\W+/g, "-");
  fleet.change({ plain: version, roamer: version });
  const hours = String(30 + version.length);
  for (const stack of stacks) await pair.engine.set(stack, "hub.metricsHours", hours);
  if (/nats/.test(pattern.source))
    for (const stack of stacks) await pair.engine.set(stack, "jetstream.maxStoreMb", "11000");
  const running = new Running(pair.engine, "deploy", "--yes");
  await running.says(pattern);
  await running.kill(engine ? enginePids() : []);
  const healed = await deployed();
  expect(healed.text).toMatch(/it was interrupted/);
  expect(await plain()).toBe(version);
  await until("Roamer is at home", isHome, 60_000);
  await settled();
});

it("Ctrl-C ends it in order, and the next run goes on", async () => {
  fleet.change({ plain: "seven", edge: "seven" });
  const running = new Running(pair.engine, "deploy", "--yes");
  await running.says(/pc2: Edge: the (old one is taken away|new one is made)$/m);
  running.interrupt();
  expect(await running.ended, running.text).toBe(130);
  expect(running.text).toContain("the next tandem deploy looks what is there and goes on");
  await deployed();
  expect(await plain()).toBe("seven");
  await settled();
});

it("an operator's switchovers in the middle do no harm, and where the service was put it stays", async () => {
  fleet.change({ roamer: "eight" });
  const client = new Client(at("pc2", roamerRoute));
  const running = new Running(pair.engine, "deploy", "--yes");
  await running.says(/mainpc: verifying/);
  await until(
    "Roamer is well at home again",
    async () => (await roamer())?.instances.mainpc?.health === "healthy",
    60_000,
  );
  for (const to of stacks) await order(to);
  expect(await running.ended, running.text).toBe(0);
  await client.stop();
  say(`clients of Roamer: ${client.asked} requests, ${client.failed.length} failed`);
  expect(running.text).toContain("Roamer was moved by somebody meanwhile and is left on pc2");
  expect(client.failed).toEqual([]);
  expect(await roamer()).toMatchObject({ owner: "pc2", state: "away" });
  await settled();
});

async function order(to: Stack): Promise<void> {
  const url = `${pair.at("pc2").hub}/api/v1/services/Roamer/switchover`;
  const program = `fetch("${url}", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ to: "${to}" }) }).then((r) => r.text()).then(console.log)`;
  const said = await pair.lab.pc2.exec(
    `docker exec $(docker ps -q --filter label=tandem.role=hub | head -n 1) node -e '${program}'`,
  );
  expect(said).toContain('"ok":true');
}
