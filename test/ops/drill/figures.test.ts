import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../ops/drill/figures.ts";
import { nextSlot } from "../../../ops/drill/history.ts";
import { drillMarkdown, drillText, historyText } from "../../../ops/drill/report.ts";
import { chooseDrills, isDetection, scenarios } from "../../../ops/drill/scenarios.ts";
import { isInWindow, parseWindow } from "../../../ops/drill/window.ts";
import { played } from "./played.ts";

describe("a drill's figures", () => {
  it("are percentiles over its faults; one in which nothing moved says nothing of failover", () => {
    const figures = figuresOf([played(), played({ detectionMs: 60, failoverMs: null }), played({ detectionMs: 50 })]);
    expect(figures).toMatchObject({ runs: 3, acknowledged: 300, lost: 0, breaches: [] });
    expect(figures.detectionMs).toEqual({ p50: 50, p95: 60, max: 60 });
    expect(figures.failoverMs).toEqual({ p50: 900, p95: 900, max: 900 });
  });

  it("breach the plan's bars by 5001 ms of failover, 30001 ms of recovery, a lost push, and what nobody noticed", () => {
    const { breaches } = figuresOf([played({ failoverMs: 5_001, recoveryMs: 30_001, lost: 1, detectionMs: null })]);
    expect(breaches).toEqual([
      "hub-crash on pc2: the other hub did not notice",
      "hub-crash on pc2: failover took 5001 ms (bar 5000)",
      "hub-crash on pc2: recovery took 30001 ms (bar 30000)",
      "hub-crash on pc2: 1 acknowledged pushes are missing",
    ]);
    expect(figuresOf([played({ recoveryMs: null })]).breaches).toEqual([
      "hub-crash on pc2: the pair did not become whole again",
    ]);
  });

  it("are told with each fault, and in the history by whether it was passed", () => {
    const figures = figuresOf([played(), played({ recoveryMs: null })]);
    const record = { v: 1 as const, at: "2026-01-02T03:04:05.000Z", by: "ops@desk", figures, played: [played()] };
    expect(drillText(record)).toContain("0 of 200 acknowledged pushes lost");
    expect(drillMarkdown(record, "the site")).toContain(
      "| hub-crash | pc2 | 40 ms | 900 ms | 300 ms | 2000 ms | 0 of 100 |",
    );
    expect(historyText([record])).toBe(
      "2026-01-02 03:04 UTC  2 faults  FAILED: hub-crash on pc2: the pair did not become whole again  ops@desk",
    );
    expect(historyText([])).toBe("no drill is kept yet");
  });
});

it("a fault is seen when the other hub calls one of its servers dead, not when its own does, or of another server", () => {
  const crash = scenarios.find(({ name }) => name === "nats-crash");
  if (crash === undefined) throw new Error("no nats-crash");
  expect(isDetection({ by: "mainpc", of: "pc2/nats", to: "dead" }, "pc2", crash)).toBe(true);
  expect(isDetection({ by: "pc2", of: "pc2/nats", to: "dead" }, "pc2", crash)).toBe(false);
  expect(isDetection({ by: "mainpc", of: "pc2/hub", to: "dead" }, "pc2", crash)).toBe(false);
  expect(isDetection({ by: "mainpc", of: "pc2/nats", to: "suspect" }, "pc2", crash)).toBe(false);
});

it("faults are chosen by name, and a name that is none is told", () => {
  expect(chooseDrills([]).chosen).toHaveLength(scenarios.length);
  expect(chooseDrills(["hub-crash", "flood"])).toMatchObject({ chosen: [{ name: "hub-crash" }], unknown: ["flood"] });
});

it("a window over midnight holds at 23:30 and at 01:00, and not at 04:00", () => {
  const window = parseWindow("23:00-04:00");
  if (window === undefined) throw new Error("no window");
  expect([23 * 60 + 30, 60, 4 * 60].map((minute) => isInWindow(window, minute))).toEqual([true, true, false]);
  expect(["24:00-01:00", "1-2", "01:60-02:00"].map(parseWindow)).toEqual([undefined, undefined, undefined]);
});

it("a drill is kept in a free place, and over the oldest of 100 when there is none", () => {
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  expect(
    nextSlot([
      { key: "last", at: at(0) },
      { key: "slot-000", at: at(0) },
    ]),
  ).toBe("slot-001");
  const all = Array.from({ length: 100 }, (_, i) => ({
    key: `slot-${String(i).padStart(3, "0")}`,
    at: at((i + 40) % 100),
  }));
  expect(nextSlot(all)).toBe("slot-060");
});
