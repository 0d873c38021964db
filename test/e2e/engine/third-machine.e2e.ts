/** A satellite joins a pair that runs: `tandem init --satellite`, an up of each stack, and the home machine's death. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { scratchFleet } from "../../fleet/fixture.ts";
import { fleetOf } from "../../support/local-pair.ts";
import { until } from "../../support/until.ts";
import { DeployedPair, type Stack, stacks } from "./deployed-pair.ts";
import { archiveInventory } from "./satellite-inventory.ts";

const say = (line: string) => void process.stderr.write(`${line}\n`);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
/** A machine that was killed comes up with its engine and its containers, ms. */
const returnMs = 120_000;

let pair: DeployedPair;
const fleet = scratchFleet();

beforeAll(async () => {
  pair = await DeployedPair.prepare("third", say, { satellite: true });
  fleet.write({ batches: "batches: []\n" });
});
afterAll(async () => {
  fleet.remove();
  await pair?.remove();
});

const satelliteAt = async (stack: Stack) => (await fleetOf(pair.at(stack)).catch(() => undefined))?.satellites.nas;
const archiveAt = async (stack: Stack) =>
  (await fleetOf(pair.at(stack)).catch(() => undefined))?.agents.find(({ machine }) => machine === "nas");

it("the pair runs without it", async () => {
  const passphrase = pair.engine.file("ca-passphrase", "another correct horse\n");
  const made = await pair.engine.tandem("init", "--answers", pair.answers(), "--ca-passphrase-file", passphrase);
  expect(made.code, made.text).toBe(0);
  for (const stack of stacks) {
    await pair.engine.set(stack, "limits.natsMemoryMb", "512");
    await pair.engine.set(stack, "jetstream.maxMemoryMb", "256");
    await pair.engine.set(stack, "fleet.directory", fleet.dir);
    await pair.engine.up(stack);
  }
  await pair.whole();
});

it("tandem init --satellite writes its stack, its inventory, and its address into both of the pair", async () => {
  const { address, hostKey } = pair.lab.machine("nas");
  const answers = pair.engine.file("nas.yaml", stringify({ address, hostKey, watchedBy: "pc2" }));
  const { code, text } = await pair.engine.tandem("init", "--satellite", "nas", "--answers", answers);
  expect(code, text).toBe(0);
  for (const name of ["Pulumi.nas.yaml", "Pulumi.mainpc.yaml", "Pulumi.pc2.yaml", "nas.yaml"])
    expect(text).toContain(`/${name}`);
  await pair.engine.set("nas", "agentSecrets.TOKEN", "the secret of the archive, 0123456789", "--secret");
  const image = pair.lab.stackConfig("mainpc").images?.hubBase ?? "";
  fleet.write({ batches: "batches: []\n", nas: archiveInventory(image, ["TOKEN"]) });
});

it("an up of each stack makes it one of three, replaces no more than each hub, and a second changes nothing", async () => {
  const before = await Promise.all(stacks.map((stack) => pair.containers(stack)));
  for (const stack of ["nas", ...stacks]) say(`${stack}: up ${seconds((await pair.engine.up(stack)).tookMs)}`);
  for (const [index, stack] of stacks.entries()) {
    const now = await pair.containers(stack);
    const replaced = Object.keys(now).filter((name) => now[name] !== before[index]?.[name]);
    expect(replaced).toEqual([`tandem-${stack}-hub`]);
  }
  for (const stack of ["nas", ...stacks]) await pair.engine.up(stack, "--expect-no-changes");
  await pair.whole();
  for (const stack of stacks) {
    await until(`nas alive at ${stack}`, async () => (await satelliteAt(stack))?.verdict === "alive");
    expect(await satelliteAt(stack)).toMatchObject({ watchedBy: "pc2", askedBy: "pc2" });
    expect(await archiveAt(stack)).toMatchObject({ health: "healthy", observedBy: "pc2" });
  }
});

it("doctor and audit look at all three machines: nothing has failed, and no secret lies where none belongs", async () => {
  const doctor = await pair.engine.tandem("doctor");
  expect(doctor.code, doctor.text).toBe(0);
  expect(doctor.text).toMatch(/^nas \(.*container Archive +healthy.*satellite +alive, asked by the hub of pc2/ms);
  const audit = await pair.engine.tandem("secrets", "audit");
  expect(audit.code, audit.text).toBe(0);
  expect(audit.text).toMatch(/^nas: processes/m);
});

it("while the home machine is without power the other one's hub asks, and gives it back", async () => {
  await pair.lab.kill("pc2");
  await until("mainpc asks", async () => (await archiveAt("mainpc"))?.observedBy === "mainpc", 30_000);
  expect(await archiveAt("mainpc")).toMatchObject({ health: "healthy" });
  expect(await satelliteAt("mainpc")).toMatchObject({ verdict: "alive", askedBy: "mainpc" });
  await pair.lab.start("pc2");
  for (const stack of stacks)
    await until(`pc2 asks, by ${stack}`, async () => (await archiveAt(stack))?.observedBy === "pc2", returnMs);
});
