import { describe, expect, it } from "vitest";
import type { PushLog } from "./push.ts";
import { judge, type Standing } from "./verdict.ts";

const push = (number: number, atMs: number, change: Partial<PushLog> = {}): PushLog => ({
  number,
  client: 0,
  hub: "mainpc",
  op: "post",
  job: "j",
  metrics: ["a"],
  sentAtMs: atMs,
  answeredAtMs: atMs + 5,
  outcome: "peer",
  reason: "",
  ...change,
});
const stands = (number?: number): Standing => new Map([["j", new Map(number === undefined ? [] : [["a", number]])]]);
const lostOf = (
  log: PushLog[],
  after: Standing,
  deaths: { hub: "mainpc" | "pc2"; atMs: number }[] = [],
  before = stands(),
) => {
  const { lost, strange } = judge({ log, deaths, before, after });
  return { lost: lost.map(({ push: { number } }) => number), strange: strange.length };
};

describe("the verdict on a round of pushes", () => {
  it("finds nothing lost when the last acknowledged push stands", () => {
    expect(lostOf([push(1, 0), push(2, 10)], stands(2))).toEqual({ lost: [], strange: 0 });
  });

  it("finds an acknowledged push lost when an earlier one stands, or nothing does", () => {
    expect(lostOf([push(1, 0), push(2, 10, { outcome: "local" })], stands(1))).toEqual({ lost: [2], strange: 0 });
    expect(lostOf([push(1, 0)], stands(undefined))).toEqual({ lost: [1], strange: 0 });
  });

  it("finds a push lost when what stood before the round stands again", () => {
    expect(lostOf([push(2, 10)], stands(1), [], stands(1))).toEqual({ lost: [2], strange: 0 });
  });

  it("lets an unanswered push that came later stand, and one that lay in a frozen hub", () => {
    const unknown = { outcome: "unknown" } as const;
    expect(lostOf([push(1, 0), push(2, 10, unknown)], stands(2)).lost).toEqual([]);
    expect(lostOf([push(1, 0, unknown), push(2, 10, { hub: "pc2" })], stands(1)).lost).toEqual([]);
  });

  it("does not let an unanswered push stand for a later one when its hub died between the two", () => {
    const log = [push(1, 0, { outcome: "unknown" }), push(2, 100, { hub: "pc2" })];
    expect(lostOf(log, stands(1), [{ hub: "mainpc", atMs: 50 }]).lost).toEqual([2]);
  });

  it("does not let one stand either when its hub answered something later 1,500 ms before", () => {
    const log = [push(1, 0, { outcome: "unknown" }), push(2, 10, { metrics: ["b"] }), push(3, 1_600, { hub: "pc2" })];
    expect(
      lostOf(
        log,
        new Map([
          [
            "j",
            new Map([
              ["a", 1],
              ["b", 2],
            ]),
          ],
        ]),
      ).lost,
    ).toEqual([3]);
  });

  it("takes a PUT without the metric and a DELETE as its end, a refused push as nothing", () => {
    const put: Partial<PushLog> = { op: "put", metrics: ["b"] };
    expect(lostOf([push(1, 0), push(2, 10, put)], new Map([["j", new Map([["b", 2]])]])).lost).toEqual([]);
    expect(lostOf([push(1, 0), push(2, 10, { op: "delete", metrics: [] })], stands(1)).lost).toEqual([2]);
    expect(lostOf([push(1, 0), push(2, 10, { outcome: "refused" })], stands(1)).lost).toEqual([]);
  });

  it("names a value that nobody pushed", () => {
    expect(lostOf([push(1, 0)], stands(99))).toEqual({ lost: [1], strange: 1 });
  });
});
