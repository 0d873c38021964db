/** `pulumi up` on two machines, from `tandem init` to `pulumi destroy`; each test goes on where the one before it ended. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { ServiceJson } from "../../../hub/http/api.ts";
import { fault } from "../../support/fault.ts";
import { fleetOf, ledgerOf, metricsOf, pushTo } from "../../support/local-pair.ts";
import { until } from "../../support/until.ts";
import { DeployedPair, type Stack, stacks } from "./deployed-pair.ts";

const say = (line: string) => void process.stderr.write(`${line}\n`);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const unchanged = /^ *(\d+) unchanged$/m;

let pair: DeployedPair;

beforeAll(async () => {
  pair = await DeployedPair.prepare("e2e", say);
});
afterAll(() => pair?.remove());

/** The push of a job to one hub is shown by both hubs and both Pushgateways. */
async function seenEverywhere(job: string, value: number): Promise<void> {
  const line = new RegExp(`^e2e_value\\{[^}]*job="${job}"[^}]*\\} ${value}$`, "m");
  for (const { hub, pushgateway } of stacks.map((stack) => pair.at(stack)))
    for (const base of [hub, pushgateway])
      await until(`${job} at ${base}`, async () => line.test(await metricsOf(base)));
}

it("tandem init writes a site from a file of answers, with its secrets encrypted", async () => {
  const passphrase = pair.engine.file("ca-passphrase", "another correct horse\n");
  const made = await pair.engine.tandem("init", "--answers", pair.answers(), "--ca-passphrase-file", passphrase);
  expect(made.code, made.text).toBe(0);
  for (const stack of stacks) {
    await pair.engine.set(stack, "limits.natsMemoryMb", "512");
    await pair.engine.set(stack, "jetstream.maxMemoryMb", "256");
  }
});

it("a first preview says what would be made, and shows how files begin but no secret", async () => {
  for (const stack of stacks) {
    const { text, tookMs } = await pair.engine.must(stack, "preview", "--diff");
    say(`${stack}: first preview ${seconds(tookMs)}`);
    expect(text).toMatch(/^ *\+ \d+ to create$/m);
    expect(text).toContain(`server_name: \\"${stack}\\"`);
    expect(text).toMatch(/stdin +: \[secret\]/);
    expect(text).not.toMatch(/PRIVATE KEY|SU[A-Z2-7]{56}/);
  }
});

it("an up of each stack brings up the pair, and its outputs are where it answers", async () => {
  for (const stack of stacks) {
    const { tookMs } = await pair.engine.up(stack);
    say(`${stack}: first up ${seconds(tookMs)}`);
    const outputs = await pair.engine.outputs(stack);
    expect(outputs.hub).toBe(pair.at(stack).hub);
    expect((await fetch(`${outputs.hub}/readyz`)).status).toBe(200);
    expect((await fetch(`${outputs.pushgateway}/-/ready`)).status).toBe(200);
  }
  await pair.whole();
});

it("each machine's router has the routes of all services, which are at home, and no client is left without an answer", async () => {
  for (const stack of stacks) {
    const { hub } = pair.at(stack);
    const view = async () => z.array(ServiceJson).parse(await (await fetch(`${hub}/api/v1/services`)).json());
    await until(`all services at home by ${stack}`, async () =>
      (await view()).every(({ home, owner }) => owner === home),
    );
    const routes = (await view()).flatMap(({ route }) => route ?? []);
    expect(routes.length).toBeGreaterThan(0);
    // No agent runs here: whether the route is held or leads to where nobody listens, the router ends it with 503.
    const answer = await fetch(`http://${pair.lab[stack].address}:${routes[0]}/`, {
      signal: AbortSignal.timeout(60_000),
    });
    expect(answer.status).toBe(503);
  }
});

it("a second up changes nothing, and neither does a preview of what a refresh finds", async () => {
  for (const stack of stacks) {
    const preview = await pair.engine.must(stack, "preview", "--expect-no-changes");
    say(`${stack}: preview without a change ${seconds(preview.tookMs)}`);
    const again = await pair.engine.up(stack, "--expect-no-changes");
    expect(Number(unchanged.exec(again.text)?.[1])).toBeGreaterThan(20);
  }
});

it("a preview of a changed limit shows the changed line of nats.conf, and changes nothing by itself", async () => {
  await pair.engine.set("pc2", "jetstream.maxMemoryMb", "300");
  const { text } = await pair.engine.must("pc2", "preview", "--diff");
  expect(text).toMatch(/^ *- +max_memory_store: 268435456$/m);
  expect(text).toMatch(/^ *\+ +max_memory_store: 314572800$/m);
  await pair.engine.set("pc2", "jetstream.maxMemoryMb", "256");
  await pair.engine.must("pc2", "preview", "--expect-no-changes");
});

it("a push to either hub is acknowledged by both machines and seen in both hubs and both Pushgateways", async () => {
  for (const stack of stacks) {
    expect(await pushTo(pair.at(stack), `to_${stack}`, 42)).toBe("200 peer");
    await seenEverywhere(`to_${stack}`, 42);
  }
});

it("the doctor finds both machines well but for the agents, which do not run here", async () => {
  const { code, text } = await pair.engine.tandem("doctor");
  expect(code, text).toBe(0);
  expect(text).toContain("0 failed");
});

it("the audit finds no secret anywhere, and one that was put on a command line by hand", async () => {
  const clean = await pair.engine.tandem("secrets", "audit");
  expect(clean.code, clean.text).toBe(0);
  expect(clean.text).toMatch(/^4 secrets searched for, none found$/m);

  const seed = await pair.lab.pc2.exec("cat /etc/tandem/secrets/hub/*.seed | head -n 1");
  const pid = await pair.lab.pc2.exec(`setsid sh -c 'sleep 600; :' '${seed}' >/dev/null 2>&1 & echo $!`);
  const found = await pair.engine.tandem("secrets", "audit", "--stack", "pc2", "--no-preview");
  await pair.lab.pc2.try(`kill -- -${pid} ${pid}`);
  expect(found.code, found.text).toBe(1);
  expect(found.text).toMatch(/^FOUND {2}pc2 hubSeed {2}in process pc2: .* \(pid \d+\)$/m);
  expect(found.text).not.toContain(seed);
});

it("a machine that is killed leaves the other answering, and comes back with nothing missing", async () => {
  await pair.lab.kill("mainpc");
  await until("the verdict", async () => (await fleetOf(pair.at("pc2"))).machines.mainpc?.verdict === "dead");
  expect(await pushTo(pair.at("pc2"), "alone", 7)).toBe("200 local");
  await pair.lab.start("mainpc");
  await pair.whole();
  await seenEverywhere("alone", 7);
});

it("a cut link degrades both sides, which go on taking pushes, and heals with all of them", async () => {
  await pair.lab.cutLink();
  for (const stack of stacks) {
    await until(`${stack} degraded`, async () => (await fleetOf(pair.at(stack))).sync.state === "degraded");
    expect(await pushTo(pair.at(stack), `cut_${stack}`, 3)).toBe("200 local");
  }
  await pair.lab.heal();
  await pair.whole();
  for (const stack of stacks) await seenEverywhere(`cut_${stack}`, 3);
});

it("new keys for both hubs reach them by an up each, without a new container", async () => {
  const before = await Promise.all(stacks.map((stack) => pair.containers(stack)));
  const made = await pair.engine.tandem("init", "--renew-keys");
  expect(made.code, made.text).toBe(0);
  for (const stack of stacks) await pair.engine.up(stack);
  expect(await Promise.all(stacks.map((stack) => pair.containers(stack)))).toEqual(before);
  await pair.whole();
  expect(await pushTo(pair.at("mainpc"), "rotated", 5)).toBe("200 peer");
});

it("a file that was changed by hand and a container that was removed are found and put back", async () => {
  await pair.lab.mainpc.exec("echo '# by hand' >>/etc/tandem/nats/nats.conf");
  const doctor = await pair.engine.tandem("doctor", "--stack", "mainpc");
  expect(doctor.code).toBe(1);
  expect(doctor.text).toContain("/etc/tandem/nats/nats.conf was changed by hand");
  const preview = await pair.engine.must("mainpc", "preview");
  expect(preview.text).toContain("nats.conf on mainpc differs from what was deployed (changed by hand)");
  await pair.engine.up("mainpc");
  expect(await pair.lab.mainpc.exec("cat /etc/tandem/nats/nats.conf")).not.toContain("by hand");

  await pair.lab.mainpc.exec("docker rm -f tandem-mainpc-pushgateway");
  expect((await pair.engine.tandem("doctor", "--stack", "mainpc")).text).toMatch(/container pushgateway +is not there/);
  await pair.engine.up("mainpc", "--refresh");
  await pair.engine.must("mainpc", "preview", "--expect-no-changes");
  await pair.whole();
});

it("an engine that is killed in the middle of an up leaves nothing that the next up does not heal", async ({
  task,
}) => {
  // Another name in hub.json means another container, and while that waits for its health the engine dies.
  await pair.engine.set("pc2", "machine.hubName", "OuterHub");
  await pair.engine.killed("pc2", /tandem-pc2-hub creat/);
  await pair.engine.must("pc2", "cancel", "--yes");
  const startedMs = performance.now();
  const healed = await pair.engine.up("pc2", "--refresh", "--run-program");
  expect(healed.code).toBe(0);
  await pair.engine.must("pc2", "preview", "--expect-no-changes");
  await pair.whole();
  fault(task, "deployment-cut", { healedAfterMs: Math.round(performance.now() - startedMs) });
});

it("a destroy refuses to take the streams, and without their protection leaves all data on the machine", async () => {
  const stack: Stack = "pc2";
  const refused = await pair.engine.run(stack, "destroy", "--yes");
  expect(refused.code).not.toBe(0);
  expect(refused.text).toMatch(/protect/);
  expect((await pair.engine.tandem("doctor", "--stack", stack)).text).toMatch(/container hub +healthy/);

  await pair.engine.must(stack, "state unprotect", "--all", "--yes");
  await pair.engine.must(stack, "destroy", "--yes", "--skip-preview");
  expect(await pair.lab[stack].exec("docker ps -aq")).toBe("");
  expect(await pair.lab[stack].exec("find /var/lib/tandem/jetstream -name '*.blk' | head -n 1")).not.toBe("");

  await pair.engine.up(stack);
  await pair.whole();
  await seenEverywhere("alone", 7);
  expect((await ledgerOf(pair.at(stack))).missing).toBe(0);
});
