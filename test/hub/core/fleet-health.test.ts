import { describe, expect, it } from "vitest";
import type { ProbeAnswer } from "../../../hub/core/agent-health.ts";
import { FleetHealth } from "../../../hub/core/fleet-health.ts";

const well: ProbeAnswer = { type: "answered", health: "healthy", message: "", latencyMs: 2 };
const ill: ProbeAnswer = { type: "answered", health: "unhealthy", message: "no disk", latencyMs: 3 };
const silent: ProbeAnswer = { type: "timeout", reason: "no answer within 1000 ms" };
const refused: ProbeAnswer = { type: "refused", reason: "connection refused" };
const id = "nas/Archive";

function latencies(...answers: ProbeAnswer[]): (number | undefined)[] {
  const health = new FleetHealth("pc2", [id], 0);
  return answers.map((answer, index) => {
    health.observed(id, answer, index + 1);
    return health.status(id)?.latencyMs;
  });
}

describe("the round trip that is known of an agent", () => {
  it("stays over one silence that is forgiven, and is gone once nothing answers any more", () => {
    expect(latencies(well, silent, silent)).toEqual([2, 2, undefined]);
    expect(latencies(well, refused)).toEqual([2, undefined]);
  });

  it("is that of an agent which says itself that it is ill", () => {
    expect(latencies(well, ill, silent)).toEqual([2, 3, 3]);
  });

  it("tells the peer's hub the same, so that both judge the agent's machine alike", () => {
    const here = new FleetHealth("pc2", [id], 0);
    const there = new FleetHealth("mainpc", [id], 0);
    for (const [answer, expected] of [
      [well, 2],
      [refused, undefined],
      [ill, 3],
    ] as const) {
      here.observed(id, answer, 10);
      for (const report of here.reports([id], 20, 1_000)) there.reported(report, "pc2", 30, 1_010);
      expect(there.status(id)?.latencyMs).toBe(expected);
    }
  });
});
