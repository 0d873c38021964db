/** A planned upgrade of both machines while clients push and ask: nobody is refused, and nothing is lost by the clients' own count. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { askServices } from "../../../ops/site/ask-services.ts";
import { scratchFleet } from "../../fleet/fixture.ts";
import { fault } from "../../support/fault.ts";
import { ledgerOf } from "../../support/local-pair.ts";
import { type SteadyLoad, steadyPushes, steadyRequests } from "../../support/steady-load.ts";
import { until } from "../../support/until.ts";
import { answeringInventory } from "./answering-agent.ts";
import { Running } from "./deploy-run.ts";
import { seconds, testMs } from "./deploy-site.ts";
import { DeployedPair, type Stack, stacks } from "./deployed-pair.ts";

vi.setConfig({ testTimeout: testMs });

const say = (line: string) => void process.stderr.write(`${line}\n`);
const routes = { mainpc: 7_500, pc2: 7_501 };
const healMs = 120_000;

let pair: DeployedPair;
const fleet = scratchFleet();

beforeAll(async () => {
  pair = await DeployedPair.prepare("upgrade", say);
  // What it unpacks to go back.
  pair.engine.env.XDG_CACHE_HOME = join(pair.engine.site, "..", "cache");
  const image = pair.lab.stackConfig("mainpc").images?.hubBase ?? "";
  const inventory = (machine: Stack) =>
    answeringInventory({ machine, name: `Asked-${machine}`, mode: "warm", route: routes[machine], image });
  fleet.write({ mainpc: inventory("mainpc"), pc2: inventory("pc2"), batches: "batches: []\n" });
});
afterAll(async () => {
  fleet.remove();
  await pair?.remove();
});

const allHome = async () => {
  const seen = await Promise.all(stacks.map((stack) => askServices(pair.at(stack).hub)));
  return seen.every((services) => services?.length === 2 && services.every(({ state }) => state === "home"));
};

/** 200 pushes and 200 requests a second, to both machines, over kept connections and new ones. */
function load(): SteadyLoad[] {
  return stacks.flatMap((stack, index) =>
    [true, false].flatMap((keepAlive) => {
      const every = { everyMs: 20, keepAlive };
      const { address } = pair.lab[stack];
      // Of the service of the other machine as well: its route crosses the link.
      const route = stacks[keepAlive ? index : 1 - index] ?? stack;
      return [
        steadyPushes(pair.at(stack).hub, `upgrade_${stack}_${keepAlive ? "kept" : "new"}_${Date.now()}`, every),
        steadyRequests(`http://${address}:${routes[route]}/`, every),
      ];
    }),
  );
}

/** @returns what the clients saw: figures of a fault */
async function underLoad(what: string, deed: () => Promise<void>) {
  const clients = load();
  const startedMs = performance.now();
  await deed();
  const tookMs = performance.now() - startedMs;
  await Promise.all(clients.map((client) => client.stop()));
  const sent = clients.reduce((sum, client) => sum + client.sent, 0);
  const longestMs = Math.max(...clients.map((client) => client.longestMs));
  say(`${what}: ${seconds(tookMs)}, ${sent} pushes and requests, the longest ${seconds(longestMs)}`);
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
  await pair.whole();
  for (const stack of stacks) {
    const ledger = await ledgerOf(pair.at(stack));
    expect(ledger).toMatchObject({ missing: 0, duplicates: 0 });
    for (const counted of ledger.clients) expect(counted, counted.client).toMatchObject({ missing: 0, duplicates: 0 });
  }
  return { requests: sent, failed: 0, longestMs: Math.round(longestMs), missing: 0 };
}

/** An image of another id that holds the same, or in which `node` does not start. */
async function nextImage(image: string, tag: string, broken = false): Promise<string> {
  const next = `${image.replace(/[:@].*$/, "")}:${tag}`;
  const lines = [`FROM ${image}`, `LABEL upgrade=${tag}`];
  if (broken)
    lines.push("USER root", `RUN printf '%s\\n' '#!/bin/sh' 'echo broken on purpose' 'exit 1' >$(command -v node)`);
  for (const stack of stacks)
    await pair.lab[stack].exec(`docker build -q -t ${next} - <<'END'\n${lines.join("\n")}\nEND`);
  return next;
}

async function deploy(code: number): Promise<string> {
  const startedMs = performance.now();
  const running = new Running(pair.engine, "deploy", "--yes");
  expect(await running.ended, running.text).toBe(code);
  say(`tandem deploy: ${seconds(performance.now() - startedMs)}`);
  return running.text;
}

it("the first deploy brings up the pair with a service on each machine", async () => {
  const made = await pair.engine.tandem("init", "--answers", pair.answers());
  expect(made.code, made.text).toBe(0);
  for (const stack of stacks) {
    await pair.engine.set(stack, "limits.natsMemoryMb", "512");
    await pair.engine.set(stack, "jetstream.maxMemoryMb", "256");
    await pair.engine.set(stack, "fleet.directory", fleet.dir);
  }
  await deploy(0);
  await pair.whole();
  await until("all services at home", allHome, healMs);
});

it("an upgrade of hub, router, NATS and Pushgateway of both machines fails no request and loses no record", async ({
  task,
}) => {
  const before = await Promise.all(stacks.map((stack) => pair.containers(stack)));
  const { images = {} } = pair.lab.stackConfig("mainpc");
  for (const part of ["nats", "pushgateway", "hubBase"] as const) {
    const next = await nextImage(images[part] ?? "", "next");
    for (const stack of stacks) await pair.engine.set(stack, `images.${part}`, next);
  }
  const seen = await underLoad("upgrade of both", () => deploy(0).then(() => {}));
  const after = await Promise.all(stacks.map((stack) => pair.containers(stack)));
  for (const [index, stack] of stacks.entries())
    for (const part of ["hub", "router", "nats", "pushgateway"]) {
      const name = `tandem-${stack}-${part}`;
      expect(after[index]?.[name], name).toBeDefined();
      expect(after[index]?.[name], name).not.toBe(before[index]?.[name]);
    }
  for (const stack of stacks) await pair.engine.up(stack, "--expect-no-changes");
  fault(task, "pair-upgraded", seen);
});

it("a hub whose new image does not start leaves the old one serving; the deploy goes back by itself, says why, and leaves nothing behind", async ({
  task,
}) => {
  const { hubBase = "" } = pair.lab.stackConfig("pc2").images ?? {};
  const broken = await nextImage(hubBase, "broken", true);
  const seen = await underLoad("a broken image, and back", async () => {
    for (const stack of stacks) await pair.engine.set(stack, "images.hubBase", broken);
    const text = await deploy(1);
    expect(text).toMatch(/was rolled back: up of pc2 failed:/);
    expect(text).toMatch(/broken on purpose/);
  });
  for (const stack of stacks) await pair.engine.set(stack, "images.hubBase", hubBase.replace(/[:@].*$/, ":next"));
  const there = "docker ps -aq --filter label=tandem.role=hub; docker ps -aq --filter label=tandem.role=router";
  expect((await pair.lab.pc2.exec(there)).split("\n")).toHaveLength(2);
  for (const stack of stacks) await pair.engine.up(stack, "--expect-no-changes");
  fault(task, "image-broken", seen);
});
