import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { nothingKnown } from "../../hub/core/history/series.ts";
import { HistoryDesk } from "../../hub/history-desk.ts";
import { objectiveMetrics } from "../../hub/http/objective-metrics.ts";
import { createPastApi } from "../../hub/http/past-api.ts";
import { HistoryFiles } from "../../hub/io/history-files.ts";
import { createLog } from "../../hub/io/log.ts";
import { ObjectivesDesk } from "../../hub/objectives-desk.ts";
import { noSeals } from "../support/seals.ts";
import { until } from "../support/until.ts";
import { smallConfig } from "./small-config.ts";

const log = createLog("test", () => {});
let folder: string;
let server: Server;
/** The port of both hubs: what the desk under test asks, and what its peer answers. */
let port: number;
let status: number;
let past: ReturnType<typeof createPastApi> | undefined;
let cutOff: boolean;
let worked: boolean;
const desks: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tandem-desk-"));
  [status, past, cutOff, worked] = [200, undefined, false, false];
  server = createServer(async (request, response) => {
    if (request.url === "/readyz") return void response.writeHead(status).end(status === 200 ? "ok\n" : "not yet\n");
    if ((await past?.(request, response)) !== true) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port; // it listens on TCP
});
afterEach(async () => {
  await Promise.all(desks.splice(0).map((desk) => desk.stop()));
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

function configOf(name: string) {
  const config = smallConfig({ services: [], stateDirectory: join(folder, name) });
  for (const machine of [config.machine, config.peer]) machine.hub.port = port;
  return config;
}
function objectivesOf(name: string): ObjectivesDesk {
  const desk = new ObjectivesDesk({
    config: configOf(name),
    isCutOff: () => cutOff,
    isWorkedOn: () => worked,
    seals: noSeals(),
    clock: () => performance.now(),
    log,
  });
  desks.push(desk);
  return desk;
}
function historyOf(name: string, series: number): HistoryDesk {
  const values = { uncopied: 0, lag: 1, unhealthy: 0, degraded: 0, series, buffer: 1 };
  const config = configOf(name);
  const look = () => ({ stored: 0, values, agents: [] });
  const desk = new HistoryDesk({ config, ids: [], look, seals: noSeals(), log });
  desks.push(desk);
  return desk;
}
const pairOf = (desk: ObjectivesDesk) => desk.view().objectives[0] ?? expect.unreachable();
const counted = (desk: ObjectivesDesk, least: number) =>
  until(`${least} probes`, () => (pairOf(desk).total >= least ? true : undefined), 20_000);

it("counts from the first good answer on, neither while cut off nor in maintenance, and knows it all after a restart", async () => {
  status = 503;
  const desk = objectivesOf("own");
  await desk.start();
  await until("a probe", () => (desk.results("pair").uncounted > 0 ? true : undefined), 20_000);
  status = 200;
  await counted(desk, 2);
  const registry = new Registry();
  objectiveMetrics(registry, desk);
  expect(await registry.metrics()).toMatch(/^tandem_objective_probes_total\{objective="pair",result="good"\} [1-9]/m);
  cutOff = true;
  const before = pairOf(desk).total;
  const { uncounted } = desk.results("pair");
  await until("uncounted probes", () => (desk.results("pair").uncounted > uncounted + 1 ? true : undefined), 20_000);
  [cutOff, worked] = [false, true];
  const later = desk.results("pair").uncounted;
  await until("uncounted probes", () => (desk.results("pair").uncounted > later + 1 ? true : undefined), 20_000);
  expect(pairOf(desk).total).toBeLessThanOrEqual(before + 1);
  [worked, status] = [false, 503];
  await until("a bad one", () => (pairOf(desk).bad > 0 ? true : undefined), 20_000);
  await desk.stop();
  const { total, bad, days } = pairOf(desk);
  worked = true;
  const next = objectivesOf("own");
  await next.start();
  expect(pairOf(next)).toMatchObject({ total, bad, days });
});

it("a hub without anything has its counts and its history from the peer's hub within a second of its start", async () => {
  const [there, its] = [objectivesOf("there"), historyOf("there", 42)];
  await there.start();
  await counted(there, 3);
  const wallMs = Date.now() - 3 * 60_000;
  const row = {
    minute: Math.floor(wallMs / 60_000),
    sample: { ...nothingKnown(), series: 42 },
    agents: new Uint8Array(),
  };
  await new HistoryFiles(join(folder, "there", "history"), [], log).add([row], wallMs);
  await its.start();
  past = createPastApi({ seals: noSeals(), objectives: there, history: its });
  worked = true;
  const [own, history] = [objectivesOf("own"), historyOf("own", 7)];
  await Promise.all([own.start(), history.start()]);
  await until("the peer's counts", () => (pairOf(own).total >= 3 ? true : undefined));
  await until("the peer's history", () => (history.view(10, 1).series.series?.includes(42) ? true : undefined));
});

it.each([
  ["720 minutes at a time, and goes on behind them after a failure", 503, 3, 4],
  ["all at once from a hub of an older version, which knows no stretches", 400, 8, 8],
])("a hub that was away for four days asks %s", async (_, refusal, least, stretches) => {
  const asked: URLSearchParams[] = [];
  past = async (request, response) => {
    const query = new URLSearchParams(request.url?.split("?")[1]);
    asked.push(query);
    const isRefused = query.has("minutes") && (refusal === 400 || asked.length > 3);
    const body = JSON.stringify({ v: 1, machine: "pc2", from: Number(query.get("from")), objectives: {} });
    response.writeHead(isRefused ? refusal : 200).end(isRefused ? "{}" : body);
    return true;
  };
  worked = true;
  const desk = objectivesOf("own");
  await desk.start();
  await until("questions", () => (asked.length >= Math.min(least + 1, stretches) ? true : undefined), 20_000);
  const from = asked.map((query) => Number(query.get("from")));
  if (refusal === 400) return expect([from[1], asked[1]?.has("minutes")]).toEqual([from[0], false]);
  expect(from.map((minute) => minute - (from[0] ?? 0))).toEqual([0, 720, 1_440, 2_160]);
  expect(asked.every((query) => query.get("minutes") === "720")).toBe(true);
});
