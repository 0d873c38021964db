/** `pulumi up` of a pair with one address for both hubs and a Prometheus; each test goes on where the one before it ended. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { pushTo } from "../../support/local-pair.ts";
import { until } from "../../support/until.ts";
import { DeployedPair, stacks } from "./deployed-pair.ts";
import { PrometheusApi } from "./prometheus-api.ts";
import { moveMs, otherOf, VirtualAddress } from "./virtual-address.ts";

const say = (line: string) => void process.stderr.write(`${line}\n`);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const hubPort = 9000;
/** A machine that was killed comes up with its engine and its containers, ms. */
const returnMs = 120_000;
const pushed = 'e2e_value{job="watched"}';
/** 42 is the largest value that is ever pushed, and the first. */
const past = `max_over_time(${pushed}[1h])`;

let pair: DeployedPair;
let shared: VirtualAddress;
let prometheus: PrometheusApi;

beforeAll(async () => {
  const hubPorts = { mainpc: hubPort, pc2: hubPort };
  pair = await DeployedPair.prepare("watch", say, { extras: ["prometheus", "keepalived"], hubPorts });
  shared = new VirtualAddress(pair.lab, hubPort);
  prometheus = new PrometheusApi(`http://${pair.lab.mainpc.address}:9090`);
});
afterAll(() => pair?.remove());

it("the stacks of a pair that tandem init wrote are told of the address, and one of them of a Prometheus", async () => {
  const passphrase = pair.engine.file("ca-passphrase", "another correct horse\n");
  const made = await pair.engine.tandem("init", "--answers", pair.answers(), "--ca-passphrase-file", passphrase);
  expect(made.code, made.text).toBe(0);
  for (const stack of stacks) {
    await pair.engine.set(stack, "limits.natsMemoryMb", "512");
    await pair.engine.set(stack, "jetstream.maxMemoryMb", "256");
    await pair.engine.set(stack, "virtualIp.address", shared.address);
    await pair.engine.set(stack, "virtualIp.interface", await shared.interfaceOf(stack));
  }
  await pair.engine.set("mainpc", "prometheus.enabled", "true");
});

it("a preview shows how both files begin, and makes nothing", async () => {
  for (const stack of stacks) {
    const { text, tookMs } = await pair.engine.must(stack, "preview", "--diff");
    say(`${stack}: first preview ${seconds(tookMs)}`);
    expect(text).toContain("tandem:machine:VirtualIp");
    expect(text).toContain(`router_id tandem-${stack}`);
    expect(text.includes("tandem:machine:Prometheus")).toBe(stack === "mainpc");
    expect(text.includes("scrape_interval")).toBe(stack === "mainpc");
    expect(await pair.lab[stack].exec("docker ps -aq")).toBe("");
  }
});

it("an up of each stack makes them, and its outputs are where they answer", async () => {
  for (const stack of stacks) {
    const { tookMs } = await pair.engine.up(stack);
    say(`${stack}: first up ${seconds(tookMs)}`);
    expect(await pair.engine.outputs(stack)).toMatchObject({ virtualHub: shared.url });
  }
  const outputs = await Promise.all(stacks.map((stack) => pair.engine.outputs(stack)));
  expect(outputs.map((output) => output.prometheus)).toEqual([`http://${pair.lab.mainpc.address}:9090`, undefined]);
  await pair.whole();
  say(`${await shared.oneHolder()} has ${shared.address}`);
});

it("a second up changes nothing, and neither does a preview of what a refresh finds", async () => {
  const before = await Promise.all(stacks.map((stack) => pair.containers(stack)));
  for (const stack of stacks) {
    await pair.engine.must(stack, "preview", "--refresh", "--expect-no-changes");
    await pair.engine.up(stack, "--expect-no-changes");
  }
  expect(await Promise.all(stacks.map((stack) => pair.containers(stack)))).toEqual(before);
});

it("Prometheus itself says that both hubs are up, and has what was pushed from both", async () => {
  const both = (value: string) => ({ mainpc: value, pc2: value });
  await until(
    "both targets up",
    async () => Object.values(await prometheus.targets()).every((health) => health === "up"),
    moveMs,
  );
  expect(await prometheus.targets()).toEqual(both("up"));
  expect(await prometheus.values('up{job="hubs"}')).toEqual(both("1"));
  expect(await pushTo({ hub: shared.url }, "watched", 42)).toBe("200 peer");
  await until("the push in Prometheus", async () => Object.keys(await prometheus.values(pushed)).length === 2, moveMs);
  expect(await prometheus.values(pushed)).toEqual(both("42"));
  // Another value from here on: 42 is in the past, which is Prometheus's alone.
  expect(await pushTo({ hub: shared.url }, "watched", 7)).toBe("200 peer");
});

it("the doctor looks at both too", async () => {
  const { code, text } = await pair.engine.tandem("doctor");
  expect(code, text).toBe(0);
  expect(text.match(/^ *ok +container virtual-ip +healthy/gm)).toHaveLength(2);
  expect(text.match(/^ *ok +container prometheus +healthy/gm)).toHaveLength(1);
});

it("the address leaves a machine whose hub is killed, and stays where it went when that hub is back", async () => {
  const first = await shared.oneHolder();
  await pair.lab[first].exec(`docker kill $(docker ps -q --filter label=tandem.role=hub)`);
  const moved = performance.now();
  await shared.on(otherOf(first));
  await shared.answers(first);
  say(`answer of the other hub ${seconds(performance.now() - moved)} after the kill of the holder's`);
  await shared.answers(otherOf(first));
  await until("one target down", async () => (await prometheus.targets())[first] === "down", moveMs);
  expect((await prometheus.targets())[otherOf(first)]).toBe("up");

  await pair.lab[first].exec(`docker start $(docker ps -aq --filter label=tandem.role=hub)`);
  await pair.whole();
  expect(await shared.oneHolder()).toBe(otherOf(first));
  await until("both targets up", async () => (await prometheus.targets())[first] === "up", moveMs);
});

it("the address leaves a machine that is killed, either of the two, and one alone has it when that machine is back", async () => {
  for (const _ of stacks) {
    const first = await shared.oneHolder();
    const killed = performance.now();
    await pair.lab.kill(first);
    await shared.on(otherOf(first));
    await shared.answers(otherOf(first));
    say(`answer of the other hub ${seconds(performance.now() - killed)} after the kill of ${first}`);

    await pair.lab.start(first);
    const running = `docker inspect --format '{{.State.Health.Status}}' tandem-${first}-virtual-ip`;
    const healthy = async () => (await pair.lab[first].try(running)).stdout.trim() === "healthy";
    await until(`keepalived of ${first}`, healthy, returnMs);
    await pair.whole();
    expect(await shared.oneHolder()).toBe(otherOf(first));
  }
});

it("Prometheus has what it had before its machine was killed", async () => {
  const answers = async () => Object.keys(await prometheus.values(past).catch(() => ({}))).length === 2;
  await until("the past in Prometheus", answers, returnMs);
  expect(await prometheus.values(past)).toEqual({ mainpc: "42", pc2: "42" });
});

it("a value that is changed replaces the one container that it is of, whose samples and whose address stay", async () => {
  const holder = await shared.oneHolder();
  await pair.engine.set(holder, "virtualIp.priority", "150");
  await pair.engine.set("mainpc", "prometheus.retentionDays", "30");
  const before = await Promise.all(stacks.map((stack) => pair.containers(stack)));
  for (const stack of stacks) await pair.engine.up(stack);
  for (const [index, stack] of stacks.entries()) {
    const now = await pair.containers(stack);
    const replaced = Object.keys(now).filter((name) => now[name] !== before[index]?.[name]);
    const wanted = [...(stack === holder ? ["virtual-ip"] : []), ...(stack === "mainpc" ? ["prometheus"] : [])];
    expect(replaced.toSorted()).toEqual(wanted.map((part) => `tandem-${stack}-${part}`).toSorted());
  }
  await shared.oneHolder();
  expect(await prometheus.values(past)).toEqual({ mainpc: "42", pc2: "42" });
});

it("while the link is cut both have it, and one alone once it is whole", async () => {
  await pair.lab.cutLink();
  await until("the address on both", async () => (await shared.holders()).length === 2, moveMs);
  for (const stack of stacks) await shared.answers(stack);
  await pair.lab.heal();
  await pair.whole();
  await shared.oneHolder();
});

it("a keepalived that is killed comes back by itself, and one machine alone has the address", async () => {
  const holder = await shared.oneHolder();
  const name = `tandem-${holder}-virtual-ip`;
  const state = `docker inspect --format '{{.State.StartedAt}} {{.State.Health.Status}}' ${name}`;
  const before = await pair.lab[holder].exec(state);
  // From outside of its container: an end that Docker did not bring about is one after which Docker starts it again.
  await pair.lab[holder].exec(`kill -KILL "$(docker inspect --format '{{.State.Pid}}' ${name})"`);
  const back = async () => {
    const now = await pair.lab[holder].exec(state);
    return now !== before && now.endsWith(" healthy");
  };
  await until(`keepalived of ${holder}`, back, returnMs);
  await shared.oneHolder();
});

it("a destroy takes the address away and, once the streams are unprotected, leaves the samples", async () => {
  for (const stack of stacks) {
    const refused = await pair.engine.run(stack, "destroy", "--yes", "--skip-preview");
    expect(refused.code).not.toBe(0);
    expect(refused.text).toContain(`${stack}-nats-volume`);
    expect(refused.text).not.toContain("prometheus-data");
    await pair.engine.must(stack, "state unprotect", "--all", "--yes");
    await pair.engine.must(stack, "destroy", "--yes", "--skip-preview");
    expect(await pair.lab[stack].exec("docker ps -aq")).toBe("");
    expect(await shared.holders()).not.toContain(stack);
  }
  expect(await pair.lab.mainpc.exec("ls /var/lib/tandem/prometheus/wal | head -n 1")).not.toBe("");
});
