/** A pair writes all that it knows to two real Prometheus servers, which are killed, started again and asked what they have. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { renderPrometheusRules } from "../../components/prometheus-rules.ts";
import { RemoteWriteConfig } from "../../hub/remote-write/config.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { BarePair } from "../support/bare-pair.ts";
import { freePorts } from "../support/free-ports.ts";
import { Killable } from "../support/killable.ts";
import { metricsOf } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

const Labels = z.record(z.string(), z.string());
const Point = z.tuple([z.number(), z.string()]);
const Answer = z.object({
  status: z.literal("success"),
  data: z.object({
    result: z.array(z.object({ metric: Labels, value: Point.optional(), values: z.array(Point).optional() })),
  }),
});

const everyMs = 1_000;
const deadlineMs = 90_000;
const folder = mkdtempSync(join(tmpdir(), "tandem-e2e-remote-write-"));
const stores: Record<"near" | "far", { server: Killable; url: string }> = {} as never; // made before anything reads it
let pair: BarePair;

beforeAll(async () => {
  const program = await ensureTool("prometheus", () => {});
  writeFileSync(join(folder, "rules.yml"), renderPrometheusRules({ recorded: ["queue_depth"] }));
  const conf = { global: { evaluation_interval: "1s" }, rule_files: ["rules.yml"], scrape_configs: [] };
  writeFileSync(join(folder, "prometheus.yml"), stringify(conf));
  for (const name of ["near", "far"] as const) {
    const [port = 0] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const server = new Killable({
      name,
      machine: "none",
      command: program,
      args: [
        `--config.file=${join(folder, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(folder, name)}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--web.enable-remote-write-receiver",
      ],
      logPath: join(folder, `${name}.log`),
      ready: async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok ?? false,
    });
    stores[name] = { server, url };
  }
  const targets = Object.entries(stores).map(([name, { url }]) => ({ name, url: `${url}/api/v1/write` }));
  const remoteWrite = RemoteWriteConfig.parse({ everyMs, externalLabels: { site: "home" }, targets });
  pair = await BarePair.make(join(folder, "pair"), { hubConfig: { remoteWrite } });
  await Promise.all([pair.start(), stores.near.server.ready()]);
}, deadlineMs);

afterAll(async () => {
  await pair?.stop();
  for (const { server } of Object.values(stores)) await server.end();
  rmSync(folder, { recursive: true, force: true });
});

it(
  "one store gets what was pushed, with the labels of a scrape, from one hub, while the other store is dead",
  async () => {
    await push("queue_depth 7\nlatency_count 3\n");
    await until(
      "the series",
      async () => (await ask("near", 'queue_depth{tandem_replica="mainpc/hub"}')).length === 1,
      deadlineMs,
    );
    const [series] = await ask("near", 'queue_depth{tandem_replica="mainpc/hub"}');
    expect([series?.metric, series?.value?.[1]]).toEqual([
      { __name__: "queue_depth", job: "kitchen", instance: "oven", site: "home", tandem_replica: "mainpc/hub" },
      "7",
    ]);
    await until("lag at the dead one", async () => (await own("mainpc", 'lag_seconds{target="far"}')) > 2, deadlineMs);
    expect(await own("mainpc", 'samples_total{target="far"}')).toBe(0);
    // What each hub tells of itself comes from itself.
    await until("both hubs", async () => (await ask("near", 'up{job="hubs"} == 1')).length === 2, deadlineMs);
  },
  deadlineMs,
);

it(
  "the recorded rules say of what was written what they say of what is scraped, and the watchdog alone fires",
  async () => {
    await until(
      "the fleet's",
      async () => (await ask("near", 'fleet:queue_depth:max{job="kitchen"} == 7')).length === 1,
      deadlineMs,
    );
    for (const name of ["tandem:groups:max", "tandem:in_sync:min", "tandem:uncopied_records:sum"])
      await until(name, async () => (await ask("near", name)).length === 1, deadlineMs);
    expect((await ask("near", "tandem:in_sync:min")).map(({ metric }) => metric)).toEqual([
      { __name__: "tandem:in_sync:min", site: "home" },
    ]);
    expect((await ask("near", 'ALERTS{alertstate="firing"}')).map(({ metric }) => metric.alertname)).toEqual([
      "TandemWatchdog",
    ]);
  },
  deadlineMs,
);

it(
  "a series that is deleted ends at once, and not five minutes later",
  async () => {
    expect(await ask("near", "latency_count")).not.toEqual([]);
    await push("queue_depth 8\n");
    await until("its end", async () => (await ask("near", "latency_count")).length === 0, deadlineMs);
    expect(await ask("near", "queue_depth == 8")).not.toEqual([]);
  },
  deadlineMs,
);

it(
  "a hub that is killed goes on where it was: the dead store gets, once it is back, all samples since the beginning, in order",
  async () => {
    const { hub } = pair.machines.mainpc.parts;
    await hub.kill();
    await hub.ready();
    await pair.inSync();
    await push("queue_depth 9\n");
    await until("the new value", async () => (await ask("near", "queue_depth == 9")).length > 0, deadlineMs);
    await stores.far.server.ready();
    await until("the new value there", async () => (await ask("far", "queue_depth == 9")).length > 0, deadlineMs);
    // Whatever the near one has up to now, the far one gets as well: what was sampled while one hub was dead, from the other.
    const near = await instants("near");
    await until(
      "all of them there",
      async () => {
        const far = new Set(await instants("far"));
        return near.every((at) => far.has(at));
      },
      deadlineMs,
    );
    expect(await values("far")).toEqual(["7", "8", "9"]);
    expect(await own("mainpc", 'dropped_samples_total{target="far"}')).toBe(0);
    expect(await own("pc2", 'dropped_samples_total{target="far"}')).toBe(0);
  },
  2 * deadlineMs,
);

it(
  "the other hub goes on with the fleet's series when the one that sent them is killed, and leaves them again once it is back",
  async () => {
    const { hub } = pair.machines.mainpc.parts;
    await hub.kill();
    await push("queue_depth 10\n", "pc2");
    for (const name of ["near", "far"] as const)
      await until(
        `it at ${name}`,
        async () => (await ask(name, 'queue_depth{tandem_replica="pc2/hub"} == 10')).length === 1,
        deadlineMs,
      );
    await hub.ready();
    await pair.inSync();
    await until(
      "the first hub's again",
      async () => (await ask("near", 'queue_depth{tandem_replica="mainpc/hub"} == 10')).length === 1,
      deadlineMs,
    );
    for (const name of ["near", "far"] as const)
      await until(
        `an end of the other's at ${name}`,
        async () => (await ask(name, 'queue_depth{tandem_replica="pc2/hub"}')).length === 0,
        deadlineMs,
      );
  },
  2 * deadlineMs,
);

async function push(body: string, machine: "mainpc" | "pc2" = "mainpc"): Promise<void> {
  const answer = await fetch(`${pair.machines[machine].hubUrl}/metrics/job/kitchen/instance/oven`, {
    method: "PUT",
    body,
  });
  expect(answer.status).toBe(200);
}

async function ask(store: keyof typeof stores, query: string) {
  const answer = await fetch(`${stores[store].url}/api/v1/query?query=${encodeURIComponent(query)}`);
  return Answer.parse(await answer.json()).data.result;
}

/** Seconds of all samples of the pushed series, whoever sent them. */
async function instants(store: keyof typeof stores): Promise<number[]> {
  const all = (await ask(store, "queue_depth[1h]")).flatMap(({ values: points = [] }) => points.map(([at]) => at));
  return [...new Set(all)].toSorted((a, b) => a - b);
}

/** Each value that it had, in the order of its samples. */
async function values(store: keyof typeof stores): Promise<string[]> {
  const all = (await ask(store, "queue_depth[1h]")).flatMap(({ values: points = [] }) => points);
  return [...new Set(all.toSorted(([a], [b]) => a - b).map(([, value]) => value))];
}

async function own(machine: "mainpc" | "pc2", name: string): Promise<number> {
  const lines = (await metricsOf(pair.machines[machine].hubUrl)).split("\n");
  const line = lines.find((each) => each.startsWith(`tandem_remote_write_${name} `));
  return Number(line?.split(" ").at(-1));
}
