/** `pulumi up` of a satellite's stack on a third machine of the lab, with one agent; each test goes on where the one before it ended. */
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { scratchFleet } from "../../fleet/fixture.ts";
import { down } from "../../lab/containers.ts";
import { Lab } from "../../lab/lab.ts";
import { writeProject } from "../../lab/project.ts";
import type { SshAgent } from "../../lab/ssh.ts";
import { until } from "../../support/until.ts";
import { Engine } from "./engine.ts";
import { archiveInventory, archivePort } from "./satellite-inventory.ts";

const say = (line: string) => void process.stderr.write(`${line}\n`);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const name = "satellite";
const stack = "nas";

let lab: Lab;
let agent: SshAgent;
let engine: Engine;
const fleet = scratchFleet();

beforeAll(async () => {
  // The provider's ssh puts its shared connection there.
  mkdirSync(join(homedir(), ".ssh"), { recursive: true, mode: 0o700 });
  await down(name, { volumes: true });
  lab = await Lab.up({ name, satellite: true, say });
  agent = await lab.sshAgent();
  engine = new Engine(agent.env.SSH_AUTH_SOCK);
  const config = lab.satelliteConfig(fleet.dir);
  fleet.write({ nas: archiveInventory(config.images?.hubBase ?? ""), batches: "batches: []\n" });
  writeProject(engine.site, { [stack]: config });
  await engine.must(stack, "stack init");
});
afterAll(async () => {
  await agent?.stop();
  engine?.remove();
  fleet.remove();
  await down(name, { volumes: true });
});

const containers = () => lab.machine("nas").exec("docker ps --format '{{.Names}} {{.ID}}'");
const answer = () =>
  fetch(`http://${lab.machine("nas").address}:${archivePort}/health`, { signal: AbortSignal.timeout(2_000) });

it("a preview says that an agent would be made, and nothing of hub, NATS or Pushgateway", async () => {
  const { text, tookMs } = await engine.must(stack, "preview", "--diff");
  say(`${stack}: first preview ${seconds(tookMs)}`);
  expect(text).toContain("tandem:machine:Satellite");
  expect(text).toContain("nas-agent-Archive-container");
  expect(text).not.toMatch(/JetStreamNode|Pushgateway|machine:Hub|nas-hub/);
  expect(await containers()).toBe("");
});

it("an up starts it, and its outputs are the hubs that it pushes to", async () => {
  const { tookMs } = await engine.up(stack);
  say(`${stack}: first up ${seconds(tookMs)}`);
  await until("an answer of the agent", async () => (await answer().catch(() => undefined))?.status === 200);
  expect(await containers()).toMatch(/^Archive \w+$/);
  const hubs = [`http://${lab.pc2.address}:9100`, `http://${lab.mainpc.address}:9000`];
  expect(await engine.outputs(stack)).toMatchObject({ hub: hubs[0], hubs, page: `${hubs[0]}/` });
});

it("a second up changes nothing, and neither does a preview of what a refresh finds", async () => {
  const before = await containers();
  await engine.must(stack, "preview", "--refresh", "--expect-no-changes");
  const { text } = await engine.up(stack, "--expect-no-changes");
  expect(text).toMatch(/^ *\d+ unchanged$/m);
  expect(await containers()).toBe(before);
});

it("the doctor finds its container well, and says that no hub of the pair answers for it", async () => {
  const { code, text } = await engine.tandem("doctor", "--stack", stack);
  expect(code).toBe(1);
  expect(text).toMatch(/ok +container Archive +healthy/);
  expect(text).toMatch(/FAIL +hub +neither hub of the pair answers/);
});

it("a port that the stack's Prometheus would take is refused when the agent has it already", async () => {
  await engine.set(stack, "prometheus.enabled", "true");
  await engine.set(stack, "prometheus.port", String(archivePort));
  const { code, text } = await engine.run(stack, "up", "--yes", "--skip-preview");
  expect(code).not.toBe(0);
  expect(text).toContain(
    `port ${archivePort} on nas: Archive's health port is also Prometheus (the stack's prometheus.port)`,
  );
  await engine.set(stack, "prometheus.enabled", "false");
  await engine.must(stack, "preview", "--expect-no-changes");
});

it("a destroy takes the container away and leaves the data", async () => {
  await lab.machine("nas").exec("touch /var/lib/tandem/agents/Archive/data/kept");
  await engine.must(stack, "destroy", "--yes", "--skip-preview");
  expect(await containers()).toBe("");
  await lab.machine("nas").exec("test -f /var/lib/tandem/agents/Archive/data/kept");
});
