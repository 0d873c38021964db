/** A service whose standby is cold, made by both stacks: its container stands still until the machine of its home is lost. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { askServices } from "../../../ops/site/ask-services.ts";
import { scratchFleet } from "../../fleet/fixture.ts";
import { until } from "../../support/until.ts";
import { answeringInventory } from "./answering-agent.ts";
import { DeployedPair, type Stack, stacks } from "./deployed-pair.ts";

const say = (line: string) => void process.stderr.write(`${line}\n`);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
/** A machine that was killed comes up with its engine and its containers, ms. */
const returnMs = 120_000;
const route = 7_500;

const peer = `machine: pc2
gpu: none
failover: optional
capacity: { memoryMb: 1024, vramMb: 0 }
agents:
  - { name: Elsewhere, group: edge, required: false, port: 5000, healthPort: 6000, httpPort: 6000, health: { kind: http } }
`;

let pair: DeployedPair;
const fleet = scratchFleet();

beforeAll(async () => {
  pair = await DeployedPair.prepare("cold", say);
  const image = pair.lab.stackConfig("mainpc").images?.hubBase ?? "";
  fleet.write({
    mainpc: answeringInventory({ machine: "mainpc", name: "Roamer", mode: "cold", route, image }),
    pc2: peer,
    batches: "batches: []\n",
  });
});
afterAll(async () => {
  fleet.remove();
  await pair?.remove();
});

const roamerAt = async (stack: Stack) => (await askServices(pair.at(stack).hub))?.find(({ name }) => name === "Roamer");
const stateOf = (stack: Stack, container: string) =>
  pair.lab[stack].exec(`docker inspect -f '{{.State.Status}}' ${container}`);
/** Status of the answer at a machine's route; undefined without one. */
const routed = async (stack: Stack) =>
  (
    await fetch(`http://${pair.lab[stack].address}:${route}/`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    )
  )?.status;
const isHome = async () => {
  const seen = await Promise.all(stacks.map(roamerAt));
  return seen.every((service) => service?.state === "home" && service.owner === "mainpc");
};

it("an up of each stack makes it run at home, and its standby and a supervisor on the other machine; a second changes nothing", async () => {
  const made = await pair.engine.tandem("init", "--answers", pair.answers());
  expect(made.code, made.text).toBe(0);
  for (const stack of stacks) {
    await pair.engine.set(stack, "limits.natsMemoryMb", "512");
    await pair.engine.set(stack, "jetstream.maxMemoryMb", "256");
    await pair.engine.set(stack, "fleet.directory", fleet.dir);
    say(`${stack}: first up ${seconds((await pair.engine.up(stack)).tookMs)}`);
  }
  await pair.whole();
  expect(await stateOf("mainpc", "Roamer")).toBe("running");
  expect(Object.keys(await pair.containers("mainpc"))).not.toContain("tandem-mainpc-supervisor");
  expect(await stateOf("pc2", "tandem-pc2-supervisor")).toBe("running");
  expect(await stateOf("pc2", "Roamer-standby")).toBe("created");
  await until("it is home, by both hubs", isHome, returnMs);
  for (const stack of stacks) expect(await routed(stack)).toBe(200);
  for (const stack of stacks) await pair.engine.up(stack, "--expect-no-changes");
});

it("when the machine of its home loses power the standby is started and clients reach it, and an up leaves it so", async () => {
  const startMs = performance.now();
  await pair.lab.kill("mainpc");
  await until("pc2's route answers", async () => (await routed("pc2")) === 200, 60_000);
  say(`answered again ${seconds(performance.now() - startMs)} after the kill was ordered`);
  expect(await roamerAt("pc2")).toMatchObject({ state: "away", owner: "pc2", epoch: 1 });
  expect(await stateOf("pc2", "Roamer-standby")).toBe("running");
  await pair.engine.up("pc2", "--expect-no-changes");
  expect(await routed("pc2")).toBe(200);
});

it("it goes home to the machine that is back, and its standby stands still again", async () => {
  await pair.lab.start("mainpc");
  await until("it is home, by both hubs", isHome, returnMs);
  await until("the standby stands still", async () => (await stateOf("pc2", "Roamer-standby")) === "exited", 30_000);
  for (const stack of stacks)
    await until(`${stack}'s route answers`, async () => (await routed(stack)) === 200, 30_000);
  await pair.whole();
});

it("a destroy leaves no container", async () => {
  for (const stack of stacks) {
    await pair.engine.must(stack, "state unprotect", "--all", "--yes");
    await pair.engine.must(stack, "destroy", "--yes", "--skip-preview");
    expect(await pair.lab[stack].exec("docker ps -aq")).toBe("");
  }
});
