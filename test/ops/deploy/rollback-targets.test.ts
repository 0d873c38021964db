import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../ops/deploy/deployment.ts";
import { targetsOf } from "../../../ops/deploy/rollback-targets.ts";
import { deployment } from "./deployment.ts";

/** Each machine's deployments as numbers, with the outcome of one that is not done. */
const targets = (machines: Record<string, (number | [number, Outcome])[]>) => {
  const kept = Object.entries(machines).map(([machine, list]) => {
    const each = list.map((one) => (typeof one === "number" ? ([one, "done"] as const) : one));
    return [machine, each.map(([number, outcome]) => deployment({ machine, number, outcome }))] as const;
  });
  return Object.fromEntries([...targetsOf(new Map(kept))].map(([machine, one]) => [machine, one?.number]));
};

describe("without a number a rollback brings back", () => {
  it("both machines to 6 when 7 is the last and was done on both", () => {
    expect(targets({ pc2: [6, 7], mainpc: [6, 7] })).toEqual({ pc2: 6, mainpc: 6 });
  });

  it("pc2 alone, and to 5, when 13 was its own and mainpc is at 12", () => {
    expect(targets({ pc2: [4, 5, 13], mainpc: [11, 12] })).toEqual({ pc2: 5 });
    expect(targets({ pc2: [4, 5], mainpc: [11, 12, [13, "rolled back"]] })).toEqual({ mainpc: 11 });
  });

  it("pc2 alone, and to 7, when 8 was cut off in its up and never came to mainpc", () => {
    for (const outcome of ["under way", "interrupted", "failed"] as const)
      expect(targets({ pc2: [6, 7, [8, outcome]], mainpc: [6, 7] })).toEqual({ pc2: 7 });
  });

  it("both to 7 when 8 was done on pc2 and cut off on mainpc", () => {
    expect(targets({ pc2: [6, 7, 8], mainpc: [6, 7, [8, "interrupted"]] })).toEqual({ pc2: 7, mainpc: 7 });
  });

  it("pc2 alone, and to 7, when mainpc was brought back from the 8 that failed on pc2, or is not asked", () => {
    expect(targets({ pc2: [6, 7, [8, "failed"]], mainpc: [6, 7, [8, "rolled back"]] })).toEqual({ pc2: 7 });
    expect(targets({ pc2: [6, 7, [8, "failed"]] })).toEqual({ pc2: 7 });
  });

  it("both to 7 when 9 was to finish the 8 that was cut off on mainpc, and was cut off itself", () => {
    const mainpc: [number, Outcome][] = [
      [7, "done"],
      [8, "interrupted"],
      [9, "interrupted"],
    ];
    expect(targets({ pc2: [6, 7, 8], mainpc })).toEqual({ pc2: 7, mainpc: 7 });
  });

  it("to nothing where the first deployment of all was cut off", () => {
    expect(targets({ pc2: [[1, "failed"]], mainpc: [] })).toEqual({ pc2: undefined });
  });
});
