/** A real Prometheus scrapes both hubs and both Pushgateways of a pair by the files that the stacks render, and is asked what it knows. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { BarePair } from "../support/bare-pair.ts";
import { askedOf, dashboardFiles, emptyPanels, fillIn, valuesOf } from "../support/dashboard-queries.ts";
import { until } from "../support/until.ts";
import { WatchingPrometheus } from "../support/watching-prometheus.ts";

const Labels = z.record(z.string(), z.string());
const Sample = z.object({ metric: Labels, value: z.tuple([z.number(), z.string()]) });
const Answer = z.object({ status: z.literal("success"), data: z.object({ result: z.array(Sample) }) });
const RangeAnswer = z.object({ status: z.literal("success"), data: z.object({ result: z.array(z.unknown()) }) });

const folder = mkdtempSync(join(tmpdir(), "tandem-e2e-prometheus-"));
const replicas = ["mainpc/hub", "mainpc/pushgateway", "pc2/hub", "pc2/pushgateway"];
let pair: BarePair;
let prometheus: WatchingPrometheus;
let url: string;

beforeAll(async () => {
  pair = await BarePair.make(join(folder, "pair"));
  await pair.start();
  prometheus = await WatchingPrometheus.start(pair, folder);
  url = prometheus.url;
});

afterAll(async () => {
  await prometheus?.end();
  await pair?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("sees all four as up", async () => {
  await until("four targets", async () => (await ask("up == 1")).length === 4);
  expect((await ask("up")).map(({ metric, value }) => [metric.tandem_replica, value[1]]).toSorted()).toEqual(
    replicas.map((replica) => [replica, "1"]),
  );
});

it("has a pushed series from four places, with the labels of who pushed it, and once as it is recorded", async () => {
  const hub = pair.machines.mainpc.hubUrl;
  const push = await fetch(`${hub}/metrics/job/kitchen/instance/oven`, { method: "PUT", body: "queue_depth 7\n" });
  expect(push.status).toBe(200);
  await until("four series", async () => (await ask("queue_depth")).length === 4);
  expect((await ask("queue_depth")).map(({ metric }) => metric).toSorted(byReplica)).toEqual(
    replicas.map((tandem_replica) => ({ __name__: "queue_depth", job: "kitchen", instance: "oven", tandem_replica })),
  );
  await until("the recorded one", async () => (await ask("fleet:queue_depth:max")).length > 0);
  const [recorded, ...more] = await ask("fleet:queue_depth:max");
  expect([recorded?.metric, recorded?.value[1], more]).toEqual([
    { __name__: "fleet:queue_depth:max", job: "kitchen", instance: "oven" },
    "7",
    [],
  ]);
});

it("records what both hubs tell of the pair once, and finds nothing in any rule to complain about", async () => {
  await until("the pair in sync", async () => (await ask("tandem:in_sync:min == 1")).length === 1);
  for (const name of ["tandem:groups:max", "tandem:series:max", "tandem:uncopied_records:sum"])
    expect((await ask(name)).map(({ metric }) => metric)).toEqual([{ __name__: name }]);
  const parts = await ask('tandem:machine_verdict:max{verdict="alive"} == 1');
  expect(parts).toHaveLength(8);
  expect(await rulesHealth()).toEqual(["ok"]);
});

it.each(dashboardFiles())("answers every panel of $uid, for the machines that its variable knows", async (file) => {
  const chosen: Record<string, string[]> = { __rate_interval: ["1m"] };
  for (const { variable, series, label } of valuesOf(file)) {
    const known = await until(`values of ${variable}`, async () => {
      const values = await labelValues(series, label);
      return values.length > 0 ? values : undefined;
    });
    expect(known).toEqual(["mainpc", "pc2"]);
    chosen[variable] = known;
  }
  for (const { panel, target } of askedOf(file)) {
    const expr = fillIn(target.expr, chosen);
    expect(expr).not.toContain("$");
    const answer = () => (target.range ? askRange(expr) : ask(expr));
    // A rate takes two scrapes of a series that came with the first push.
    if (panel in emptyPanels) await answer();
    else await until(`something of "${panel}"`, async () => (await answer()).length > 0);
  }
});

it("fires the watchdog and nothing else while all is well", async () => {
  await until("the watchdog", async () => (await firing()).length > 0);
  expect(await firing()).toEqual(["TandemWatchdog"]);
});

it("fires what the living hub says when the other one is killed, has its own alert pending, and forgets both when it is back", async () => {
  const { hub } = pair.machines.pc2.parts;
  await hub.kill();
  await until("TandemHubLost", async () => (await firing()).includes("TandemHubLost"));
  const lost = await ask('ALERTS{alertname="TandemHubLost"}');
  expect(lost.map(({ metric }) => [metric.subject, metric.severity])).toEqual([["pc2", "urgent"]]);
  await until("the own alert", async () => (await ask('ALERTS{alertname="TandemHubDown"}')).length === 1);
  expect((await ask("up == 0")).map(({ metric }) => metric.tandem_replica)).toEqual(["pc2/hub"]);
  expect(await ask("max without (tandem_replica) (queue_depth)")).toHaveLength(1);

  await hub.ready();
  await pair.inSync();
  await until("an end of both", async () => (await firing()).join() === "TandemWatchdog");
  await until("four targets", async () => (await ask("up == 1")).length === 4);
});

async function ask(query: string): Promise<z.infer<typeof Sample>[]> {
  const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
  return Answer.parse(await answer.json()).data.result;
}

/** Of the last minutes. */
async function askRange(query: string): Promise<unknown[]> {
  const now = Date.now() / 1_000;
  const range = new URLSearchParams({ query, start: `${now - 300}`, end: `${now}`, step: "15" });
  return RangeAnswer.parse(await (await fetch(`${url}/api/v1/query_range?${range}`)).json()).data.result;
}

async function labelValues(series: string, label: string): Promise<string[]> {
  const answer = await fetch(`${url}/api/v1/label/${label}/values?match[]=${encodeURIComponent(series)}`);
  return z.object({ status: z.literal("success"), data: z.array(z.string()) }).parse(await answer.json()).data;
}

/** Names of alerts that fire. */
async function firing(): Promise<string[]> {
  const standing = await ask('ALERTS{alertstate="firing"}');
  return standing.map(({ metric }) => metric.alertname ?? "").toSorted();
}

/** Each health that a rule has. */
async function rulesHealth(): Promise<string[]> {
  const Rules = z.object({
    data: z.object({
      groups: z.array(z.object({ rules: z.array(z.object({ health: z.string() })).min(1) })).length(5),
    }),
  });
  const { groups } = Rules.parse(await (await fetch(`${url}/api/v1/rules`)).json()).data;
  return [...new Set(groups.flatMap(({ rules }) => rules.map(({ health }) => health)))];
}

const byReplica = (a: Record<string, string>, b: Record<string, string>) =>
  (a.tandem_replica ?? "") < (b.tandem_replica ?? "") ? -1 : 1;
