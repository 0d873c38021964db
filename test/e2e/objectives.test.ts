/** A whole pair counts what its clients are served, shows it, and knows it again after a kill. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AgentHistoryView, HistoryView } from "../../hub/http/history-json.ts";
import { ObjectivesView, type ObjectiveView } from "../../hub/http/objectives-json.ts";
import { registerObjectives } from "../../ops/objectives.ts";
import { runCommand } from "../ops/run-command.ts";
import { LocalPair, type MachineLine, metricsOf } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

const portOffset = 13_100;
const routes = 15;
const deadlineMs = 150_000;
let dir: string;
let pair: LocalPair;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "tandem-objectives-"));
  pair = await LocalPair.start(join(dir, "data"), portOffset);
});
afterAll(async () => {
  await pair?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function objectivesOf(machine: MachineLine): Promise<ObjectiveView[]> {
  try {
    const answer = await fetch(`${machine.hub}/api/v1/objectives`, { signal: AbortSignal.timeout(2_000) });
    return ObjectivesView.parse(await answer.json()).objectives;
  } catch {
    return [];
  }
}
const pairOf = async (machine: MachineLine) => (await objectivesOf(machine)).find(({ name }) => name === "pair");

it("both hubs find the pair and all 15 services with a route served, by the protocol that each speaks", async () => {
  for (const machine of [pair.mainpc, pair.pc2]) {
    const objectives = await until(
      "each to be served 5 times",
      async () => {
        const all = await objectivesOf(machine);
        return all.length > 0 && all.every(({ total, bad }) => total - bad >= 5) ? all : undefined;
      },
      deadlineMs,
    );
    expect(objectives.map(({ name }) => name)).toHaveLength(1 + routes);
    const metrics = await metricsOf(machine.hub);
    expect(metrics).toMatch(/^tandem_objective_probes_total\{objective="ServiceRegistry",result="good"\} [1-9]/m);
    expect(metrics).toMatch(/^tandem_objective_target_ratio\{objective="pair"\} 0\.999$/m);
  }
});

it("the command prints a line for each, found by the data folder of the run", async () => {
  const { stdout } = await runCommand(registerObjectives, ["objectives", "--data", pair.data]);
  expect(stdout.split("\n").filter((line) => line.includes("99.9 %"))).toHaveLength(1 + routes);
});

it("the pair is served while one hub is dead, and that hub knows what it had counted until a minute before its kill", async () => {
  const before = await until(
    "a minute of counts",
    async () => {
      const objective = await pairOf(pair.mainpc);
      return (objective?.total ?? 0) > 75 ? objective : undefined;
    },
    deadlineMs,
  );
  const { bad: badThere = 0, total: totalThere = 0 } = (await pairOf(pair.pc2)) ?? {};
  process.kill(pair.mainpc.pids.hub, "SIGKILL");
  const after = await until("the killed hub's counts", () => pairOf(pair.mainpc), deadlineMs);
  expect(after.total).toBeGreaterThanOrEqual(before.total - 75);
  const there = await until(
    "the other hub's counts",
    async () => {
      const objective = await pairOf(pair.pc2);
      return objective !== undefined && objective.total > totalThere + 10 ? objective : undefined;
    },
    deadlineMs,
  );
  expect(there.bad).toBe(badThere);
});

it("the history has a minute of the pair and of each agent by then, also that from before the kill", async () => {
  const history = await until(
    "two minutes",
    async () => {
      const answer = await fetch(`${pair.mainpc.hub}/api/v1/history?minutes=10`).catch(() => undefined);
      if (answer?.status !== 200) return undefined;
      const view = HistoryView.parse(await answer.json());
      return (view.series.series ?? []).filter((value) => value !== null).length >= 2 ? view : undefined;
    },
    deadlineMs,
  );
  expect(Object.keys(history.series)).toEqual([
    "pushes",
    "uncopied",
    "lag",
    "unhealthy",
    "degraded",
    "series",
    "buffer",
  ]);
  expect(Math.max(...(history.series.pushes ?? []).map((value) => value ?? 0))).toBeGreaterThan(0);
  const answer = await fetch(`${pair.mainpc.hub}/api/v1/history/agents?minutes=10&step=1`);
  const { agents } = AgentHistoryView.parse(await answer.json());
  expect(Object.keys(agents)).toHaveLength(77);
  const known = Object.values(agents).filter(({ latencyMs }) => latencyMs.some((value) => value !== null));
  expect(known).toHaveLength(77);
});
