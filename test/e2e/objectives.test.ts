/** A whole pair counts what its clients are served, tells it, and knows it again after a kill. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AgentHistoryView, HistoryView } from "../../hub/http/history-json.ts";
import { ObjectivesView, type ObjectiveView } from "../../hub/http/objectives-json.ts";
import { registerObjectives } from "../../ops/objectives.ts";
import { runCommand } from "../ops/run-command.ts";
import { type BareMachine, BarePair } from "../support/bare-pair.ts";
import { until } from "../support/until.ts";

const deadlineMs = 240_000;

async function tell<T>(schema: { parse(value: unknown): T }, { hubUrl }: BareMachine, path: string) {
  try {
    const answer = await fetch(`${hubUrl}${path}`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok ? schema.parse(await answer.json()) : undefined;
  } catch {
    return undefined;
  }
}

/** The pair's objective, once it is as it is waited for. */
function pairOf(machine: BareMachine, is: (objective: ObjectiveView) => boolean): Promise<ObjectiveView> {
  const ask = async () => {
    const view = await tell(ObjectivesView, machine, "/api/v1/objectives");
    return view?.objectives.find((objective) => objective.name === "pair" && is(objective));
  };
  return until(`the pair's objective at ${machine.name}`, ask, deadlineMs);
}

describe("the objectives of a pair of real processes", { timeout: 2 * deadlineMs }, () => {
  let dir: string;
  let pair: BarePair;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-objectives-"));
    pair = await BarePair.make(join(dir, "data"));
    await pair.start();
  }, deadlineMs);
  afterAll(async () => {
    await pair?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it("are told by both hubs within seconds, by the command and in the metrics", async () => {
    for (const machine of pair.both) await pairOf(machine, ({ total }) => total >= 5);
    const urls = pair.both.map(({ hubUrl }) => hubUrl);
    const { stdout } = await runCommand(registerObjectives, ["objectives", "--hub", ...urls]);
    expect(stdout).toMatch(/^pair +99\.9 % +30 +\d+ /m);
    expect(stdout).not.toContain("no answer");
    const metrics = await (await fetch(`${pair.machines.pc2.hubUrl}/metrics`)).text();
    expect(metrics).toMatch(/^tandem_objective_probes_total\{objective="pair",result="good"\} [1-9]/m);
    expect(metrics).toMatch(/^tandem_objective_target_ratio\{objective="pair"\} 0\.999$/m);
  });

  it("count no failure while one hub is dead, which after its kill knows what it had counted until the minute before", async () => {
    const { mainpc, pc2 } = pair.machines;
    const before = await pairOf(mainpc, ({ total }) => total >= 90);
    const there = await pairOf(pc2, () => true);
    await mainpc.parts.hub.kill();
    const meanwhile = await pairOf(pc2, ({ total }) => total >= there.total + 20);
    expect(meanwhile.bad - there.bad).toBe(0);
    mainpc.parts.hub.start();
    const after = await pairOf(mainpc, () => true);
    // The minute under way, and the second until the one before it is on the disk.
    expect(after.total).toBeGreaterThanOrEqual(before.total - 70);
  });

  it("stand beside a history that reaches behind the kill, of the pair and of each agent", async () => {
    const { mainpc } = pair.machines;
    const ask = async () => {
      const view = await tell(HistoryView, mainpc, "/api/v1/history?minutes=10");
      const known = view?.series.series?.filter((value) => value !== null) ?? [];
      return known.length >= 3 ? view : undefined;
    };
    const { series } = await until("three minutes of history", ask, deadlineMs);
    const names = ["pushes", "uncopied", "lag", "unhealthy", "degraded", "series", "buffer"];
    expect(Object.keys(series)).toEqual(names);
    const agents = (await tell(AgentHistoryView, mainpc, "/api/v1/history/agents?minutes=10&step=5"))?.agents ?? {};
    // Without agents of their own, the hubs' entries.
    expect(Object.keys(agents)).toEqual(["mainpc/ObservabilityHub", "pc2/ObservabilityHub"]);
    for (const { latencyMs } of Object.values(agents)) expect(latencyMs.some((value) => value !== null)).toBe(true);
  });
});
