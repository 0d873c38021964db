/** A real Grafana, where this computer has one, shows the dashboards by the files that its component mounts, over a real Prometheus and pair. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { BarePair } from "../support/bare-pair.ts";
import { askedOf, dashboardFiles, emptyPanels, fillIn, valuesOf } from "../support/dashboard-queries.ts";
import { findGrafana, Grafana } from "../support/grafana.ts";
import { until } from "../support/until.ts";
import { WatchingPrometheus } from "../support/watching-prometheus.ts";

const Found = z.array(z.object({ uid: z.string(), folderUid: z.string() }));
const Shown = z.object({
  dashboard: z.object({ id: z.number(), title: z.string(), version: z.number() }),
  meta: z.object({ provisioned: z.literal(true) }),
});
const Sources = z.array(z.object({ id: z.number(), uid: z.string(), readOnly: z.boolean() }));
const Frame = z.object({ data: z.object({ values: z.array(z.array(z.unknown())) }) });
const Answers = z.object({
  results: z.record(
    z.string(),
    z.object({ error: z.undefined().optional(), frames: z.array(Frame).optional(), status: z.literal(200) }),
  ),
});
const Values = z.object({ status: z.literal("success"), data: z.array(z.string()) });

const uid = "tandem-prometheus";
/** It looks into directories for what it is given nothing of, and says so. */
const noSuchFiles = /provisioning files from directory.*provisioning\/(plugins|alerting)\b/;
const program = findGrafana();
if (typeof program === "string") process.stderr.write(`test/e2e/grafana.test.ts is skipped: ${program}\n`);
const folder = mkdtempSync(join(tmpdir(), "tandem-e2e-grafana-"));
let pair: BarePair;
let prometheus: WatchingPrometheus;
let grafana: Grafana;

describe.skipIf(typeof program === "string")("a real Grafana", () => {
  beforeAll(async () => {
    if (typeof program === "string") return;
    pair = await BarePair.make(join(folder, "pair"));
    await pair.start();
    prometheus = await WatchingPrometheus.start(pair, folder);
    const hub = pair.machines.mainpc.hubUrl;
    await fetch(`${hub}/metrics/job/kitchen/instance/oven`, { method: "PUT", body: "queue_depth 7\n" });
    grafana = await Grafana.make(program, folder, prometheus.url);
    await grafana.start();
  }, 300_000);

  afterAll(async () => {
    await grafana?.end();
    await prometheus?.end();
    await pair?.stop();
  });

  it("has the three dashboards in their folder, lets no stranger see them, and found no fault with any file", async () => {
    const found = Found.parse(await grafana.get("/api/search?type=dash-db"));
    expect(found.map((each) => each.uid).toSorted()).toEqual(
      dashboardFiles()
        .map((file) => file.uid)
        .toSorted(),
    );
    expect(new Set(found.map(({ folderUid }) => folderUid))).toEqual(new Set(["tandem"]));
    for (const file of dashboardFiles()) expect((await shown(file.uid)).title).toBe(file.title);
    expect(await grafana.statusWithoutPassword("/api/search")).toBe(401);
    expect(grafana.errors().filter((line) => !noSuchFiles.test(line))).toEqual([]);
  });

  it.each(dashboardFiles())("answers every panel of $uid, with something in all that a pair shows", async (file) => {
    const chosen: Record<string, string[]> = {};
    for (const { variable, series, label } of valuesOf(file)) {
      const path = `/api/datasources/uid/${uid}/resources/api/v1/label/${label}/values`;
      const known = async () => Values.parse(await grafana.get(`${path}?match[]=${encodeURIComponent(series)}`)).data;
      await until(`values of ${variable}`, async () => (await known()).length > 0);
      chosen[variable] = await known();
    }
    for (const { panel, target } of askedOf(file)) {
      const query = { ...target, expr: fillIn(target.expr, chosen) };
      if (panel in emptyPanels) await points(query);
      else await until(`something of "${panel}"`, async () => (await points(query)) > 0);
    }
  });

  it("changes nothing at a second start over the same data", async () => {
    const before = await everything();
    await grafana.end();
    await grafana.start();
    expect(await everything()).toEqual(before);
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function shown(dashboard: string) {
  return Shown.parse(await grafana.get(`/api/dashboards/uid/${dashboard}`)).dashboard;
}

async function everything() {
  return {
    found: Found.parse(await grafana.get("/api/search?type=dash-db")),
    shown: await Promise.all(dashboardFiles().map((file) => shown(file.uid))),
    sources: Sources.parse(await grafana.get("/api/datasources")),
  };
}

/** How many the answer has. Macros are left for Grafana to fill in. */
async function points(query: { refId: string }): Promise<number> {
  const queries = [{ ...query, datasource: { type: "prometheus", uid }, intervalMs: 15_000, maxDataPoints: 500 }];
  const { results } = Answers.parse(await grafana.post("/api/ds/query", { from: "now-15m", to: "now", queries }));
  const frames = results[query.refId]?.frames ?? [];
  return frames.reduce((sum, { data }) => sum + (data.values.at(-1)?.length ?? 0), 0);
}
