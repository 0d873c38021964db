/** A migration of two deployed machines: hub files by SSH into agents' containers, states at both hubs. */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { scratchFleet } from "../../fleet/fixture.ts";
import { metricsOf } from "../../support/local-pair.ts";
import { until } from "../../support/until.ts";
import { DeployedPair, stacks } from "./deployed-pair.ts";
import { pushingProgram } from "./pushing-agent.ts";

const say = (line: string) => void process.stderr.write(`${line}\n`);
vi.setConfig({ testTimeout: 600_000 });

const fleet = scratchFleet();
let pair: DeployedPair;

const agents = { mainpc: ["Store", 7_310], pc2: ["Reader", 7_320] } as const;

const inventoryOf = (machine: keyof typeof agents, image: string) => {
  const [name, port] = agents[machine];
  const container = { image, command: ["-e", pushingProgram(name, machine)] };
  const ports = { port: port + 1, healthPort: port, httpPort: port };
  const asked = { health: { kind: "http", intervalMs: 500 }, metrics: { intervalMs: 1_000 } };
  const agent = { name, group: "core", required: true, ...ports, ...asked, memoryMb: 128, vramMb: 0, container };
  return stringify({ machine, gpu: "none", failover: "optional", agents: [agent] });
};

beforeAll(async () => {
  pair = await DeployedPair.prepare("migrate", say);
  const image = pair.lab.stackConfig("mainpc").images?.hubBase ?? "";
  fleet.write({
    mainpc: inventoryOf("mainpc", image),
    pc2: inventoryOf("pc2", image),
    batches: stringify({
      batches: [
        { name: "first", agents: ["pc2/Reader"] },
        { name: "second", agents: ["mainpc/Store"] },
      ],
    }),
  });
  const made = await pair.engine.tandem("init", "--answers", pair.answers());
  expect(made.code, made.text).toBe(0);
  for (const stack of stacks) {
    await pair.engine.set(stack, "limits.natsMemoryMb", "512");
    await pair.engine.set(stack, "jetstream.maxMemoryMb", "256");
    await pair.engine.set(stack, "fleet.directory", fleet.dir);
    const up = await pair.engine.up(stack);
    expect(up.code, up.text).toBe(0);
  }
  await pair.whole();
}, 600_000);
afterAll(async () => {
  fleet.remove();
  await pair?.remove();
});

const run = (...args: string[]) =>
  pair.engine.tandem("migrate", ...args, "--dir", pair.engine.site, "--reports", `${pair.engine.site}/reports`);
const times = ["--watch", "5s", "--baseline", "3s", "--yes"];
const shown = async (agent: string) =>
  (await Promise.all(stacks.map((stack) => metricsOf(pair.at(stack).hub)))).map(
    (text) => new RegExp(`^tandem_agent_hub_revision\\{instance="",job="${agent}".*\\} (\\d+)$`, "m").exec(text)?.[1],
  );

it("a second up after the containers have their hub directories changes nothing", async () => {
  for (const stack of stacks) {
    const again = await pair.engine.up(stack);
    expect(again.text).toMatch(/unchanged/);
    expect(again.text).not.toMatch(/\d+ (created|updated|replaced|deleted)/);
  }
});

it("the first batch is migrated: both hubs show its agent's push by the file that lies in its container", async () => {
  const { code, text } = await run("run", "--batch", "first", ...times);
  expect(code, text).toBe(0);
  expect(text).toContain("1 of 1 agents are migrated");
  expect(await shown("Reader")).toEqual(["2", "2"]);
  expect(await shown("Store")).toEqual([undefined, undefined]);
  expect(await pair.lab.pc2.exec("docker exec Reader cat /run/tandem/hubs.json")).toContain('"stage": "dual"');
  // Its metrics come by its pushes now, and once.
  await until(
    "the end of its scrapes",
    async () => !/served_total\{instance="pc2:7320"/.test(await metricsOf(pair.at("pc2").hub)),
    90_000,
  );
});

it("an agent that turns ill in its watch window is taken back, and tried again when it is well", async () => {
  const { address } = pair.lab.mainpc;
  const running = run("run", ...times);
  await until("its cutover", async () => (await shown("Store")).every((revision) => revision === "2"), 120_000);
  await fetch(`http://${address}:7310/ill`);
  const { code, text } = await running;
  expect(code, text).toBe(1);
  expect(text).toMatch(
    /mainpc\/Store was taken back: (cutover|watch): not well in 3 looks in a row: .*its model is gone/,
  );
  expect(await shown("Store")).toEqual([undefined, undefined]);
  await fetch(`http://${address}:7310/heal`);
  const again = await run("run", ...times);
  expect(again.code, again.text).toBe(0);
  expect((await pair.engine.tandem("migrate", "status", "--dir", pair.engine.site)).text).toMatch(
    /^2 of 2 done; nobody drives it$/m,
  );
});

it("one that is done is taken back by an operator's word, and its container is as before", async () => {
  const { code, text } = await pair.engine.tandem("migrate", "undo", "pc2/Reader", "--yes", "--dir", pair.engine.site);
  expect(code, text).toBe(0);
  expect(await shown("Reader")).toEqual([undefined, undefined]);
  expect(await pair.lab.pc2.exec("docker exec Reader ls /run/tandem")).toBe("");
});
