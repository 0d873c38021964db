import { describe, expect, it, onTestFinished } from "vitest";
import type { AgentStatus } from "../../../hub/core/fleet-health.ts";
import { SatelliteWatch } from "../../../hub/io/satellite-watch.ts";

const status = (id: string, latencyMs: number | undefined): AgentStatus => ({
  id,
  health: latencyMs === undefined ? "unhealthy" : "healthy",
  sinceMs: 0,
  reason: "",
  observedAtMs: 0,
  latencyMs,
  observedBy: "pc2",
});

function watch(satellites: string[]) {
  let nowMs = 0;
  const silent = new Set<string>();
  const turns: string[] = [];
  const watched = new SatelliteWatch({
    satellites,
    agentsOf: (name) => [status(`${name}/A`, silent.has(name) ? undefined : 2)],
    cutOff: () => silent.has("network"),
    clock: () => nowMs,
    onChange: (name, { verdict }, before) => turns.push(`${name} ${before.verdict} → ${verdict}`),
  });
  onTestFinished(() => watched.stop());
  const judgeAt = (ms: number) => {
    nowMs = ms;
    watched.judge();
    return turns.splice(0);
  };
  return { watched, silent, judgeAt };
}

describe("the watch of satellites", () => {
  it("tells each turn once, of the one that turned", () => {
    const { silent, judgeAt, watched } = watch(["nas", "pi"]);
    expect(judgeAt(10)).toEqual(["nas unknown → alive", "pi unknown → alive"]);
    expect(judgeAt(20)).toEqual([]);
    silent.add("nas");
    expect(judgeAt(30)).toEqual(["nas alive → suspect"]);
    expect(judgeAt(5_029)).toEqual([]);
    expect(judgeAt(5_030)).toEqual(["nas suspect → dead"]);
    expect(watched.judgement("nas")).toMatchObject({ verdict: "dead", sinceMs: 5_030 });
    expect(watched.judgement("pi")).toMatchObject({ verdict: "alive", sinceMs: 10 });
  });

  it("calls one isolated while this hub hears nobody", () => {
    const { silent, judgeAt } = watch(["nas"]);
    judgeAt(10);
    silent.add("nas").add("network");
    expect(judgeAt(20)).toEqual(["nas alive → isolated"]);
  });

  it("knows those of the configuration alone", () => {
    expect(() => watch([]).watched.judgement("nas")).toThrow("no satellite nas");
  });
});
