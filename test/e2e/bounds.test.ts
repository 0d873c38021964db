/** A cardinality bomb from one agent leaves the others served: real hubs, one client that pushes new series until it is refused. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HubConfig } from "../../hub/config.ts";
import { PushLimits } from "../../hub/core/push-limits.ts";
import { FleetView } from "../../hub/http/api.ts";
import { BarePair } from "../support/bare-pair.ts";
import { fault } from "../support/fault.ts";
import { until } from "../support/until.ts";

/** Small enough to be reached soon, in the proportions of the defaults. */
const limits = PushLimits.parse({
  series: 25_000,
  seriesPerJob: 5_000,
  groupsPerJob: 100,
  guestSeries: 5_000,
  seriesPerPush: 2_000,
});
const agents = ["Bomber", "Scraped", ...Array.from({ length: 5 }, (_, i) => `Steady${i}`)];
const deadlineMs = 60_000;

const served = createServer((_, response) => response.end("scraped_value 1\n"));
let pair: BarePair;
let dir: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => served.listen(0, "127.0.0.1", resolve));
  const { port } = served.address() as AddressInfo; // a TCP server's address is an object
  dir = mkdtempSync(join(tmpdir(), "tandem-bounds-"));
  const { agents: config } = HubConfig.pick({ agents: true }).parse({
    agents: agents.map((name) => ({
      name,
      machine: "mainpc",
      group: "test",
      probe: { kind: "tcp", host: "127.0.0.1", port },
      ...(name === "Scraped" && { scrape: { host: "127.0.0.1", port, intervalMs: 200 } }),
    })),
  });
  pair = await BarePair.make(dir, { hubConfig: { agents: config, limits } });
  await pair.start();
}, 180_000);
afterAll(async () => {
  await pair?.stop();
  served.close();
  rmSync(dir, { recursive: true, force: true });
});

async function push(path: string, body: string, hub = pair.machines.mainpc.hubUrl) {
  const answer = await fetch(`${hub}/metrics/job/${path}`, { method: "POST", body });
  return { status: answer.status, text: await answer.text() };
}

const metricOf = async (name: string) => {
  const text = await (await fetch(`${pair.machines.mainpc.hubUrl}/metrics`)).text();
  return Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1),
  );
};

it("pushes new series as fast as it can until 429, while all others push and are scraped without a refusal", async ({
  task,
}) => {
  const scrapesFailed = 'tandem_agent_scrape_failures_total{agent="Scraped",machine="mainpc"}';
  const isScraped = async () => (await metricOf('tandem_agent_scrape_up{agent="Scraped",machine="mainpc"}')) === 1;
  await until("a scrape", isScraped, deadlineMs);
  const failedBefore = await metricOf(scrapesFailed);
  let bombing = true;
  const refusals = new Map<number, string>();
  let bombs = 0;
  const bomb = async (worker: number) => {
    for (let i = 0; bombing; i++) {
      const lines = Array.from({ length: 500 }, (_, line) => `bomb_${worker}_${i}_${line} 1\n`).join("");
      // By turns its own job, and names that nobody knows; each fourth body is far too large.
      const job = i % 2 === 0 ? `Bomber/i/${worker}` : `unknown${i % 100}`;
      const { status, text } = await push(
        job,
        i % 4 === 3 ? lines + lines.replaceAll("bomb", "much").repeat(20) : lines,
      );
      bombs++;
      if (status !== 200) refusals.set(status, text);
    }
  };
  const bombers = [0, 1, 2, 3].map(bomb);
  const steady = async (name: string) => {
    for (let i = 0; i < 40; i++) {
      const hub = i % 2 === 0 ? pair.machines.mainpc.hubUrl : pair.machines.pc2.hubUrl;
      expect(await push(name, `steady_value ${i}\nsteady_round_${i} 1\n`, hub)).toEqual({ status: 200, text: "" });
    }
  };
  try {
    await until(
      "a refusal by the job's limit and by one push's",
      () => refusals.has(429) && refusals.has(413),
      deadlineMs,
    );
    await Promise.all(agents.filter((name) => name.startsWith("Steady")).map(steady));
  } finally {
    bombing = false;
    await Promise.all(bombers);
  }
  expect([...refusals.keys()].sort()).toEqual([413, 429]);
  expect(refusals.get(429)).toMatch(/is the most \(limits\.(seriesPerJob|guestSeries)\)/);
  expect(bombs).toBeGreaterThan(10);
  expect(await isScraped()).toBe(true);
  expect(await metricOf(scrapesFailed)).toBe(failedBefore);
  for (const limit of ["seriesPerJob", "guestSeries"]) {
    expect(await metricOf(`tandem_limit_used{limit="${limit}"}`)).toBeLessThanOrEqual(limits.seriesPerJob);
    expect(await metricOf(`tandem_limit_refusals_total{limit="${limit}"}`)).toBeGreaterThan(0);
  }
  for (const { hubUrl } of pair.both) {
    await until(
      "the alert that a limit is near",
      async () => (await (await fetch(`${hubUrl}/api/v1/alerts`)).text()).includes("limit-nearly-reached"),
      deadlineMs,
    );
    await until(
      "both hubs alive",
      async () => {
        const { machines } = FleetView.parse(await (await fetch(`${hubUrl}/api/v1/fleet`)).json());
        return Object.values(machines).every(({ hub }) => hub.verdict === "alive");
      },
      deadlineMs,
    );
  }
  await pair.inSync();
  fault(task, "cardinality-bomb", { bombs, scrapesFailed: (await metricOf(scrapesFailed)) - failedBefore });
}, 180_000);
