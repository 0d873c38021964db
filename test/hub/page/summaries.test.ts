import { describe, expect, it, onTestFinished, vi } from "vitest";
import { chartsOf } from "../../../hub/page/history-words.ts";
import { lastDrillOf } from "../../../hub/page/last-drill.ts";
import { migrationOf } from "../../../hub/page/migration.ts";
import { barsOf } from "../../../hub/page/objective-bars.ts";
import { sparkOf } from "../../../hub/page/sparkline.ts";
import { daysOf, withEntries } from "../../../hub/page/timeline.ts";
import { clockText, shareText } from "../../../hub/page/words.ts";
import { ago } from "./fixture.ts";
import { entry, sectionsView, timelineView } from "./sections-fixture.ts";

const now = Date.parse(ago(0));
const hour = 3_600_000;

describe("the timeline", () => {
  const move = (seq: number, agoMs: number) => entry(seq, agoMs, "move", "watch", "moved", "NLUAgent", "to pc2");

  it("holds an entry once, the newest first, and 2,000 at most", () => {
    expect(withEntries([move(1, 9_000)], [move(2, 8_000), move(1, 9_000)]).map(({ id }) => id.slice(-1))).toEqual([
      "2",
      "1",
    ]);
    const many = Array.from({ length: 2_100 }, (_, at) => move(at, at * 1_000));
    expect(withEntries([], many)).toHaveLength(2_000);
    expect(withEntries([], many)[0]?.id).toMatch(/:0$/);
  });

  it("is grouped by the days of the reader's clock", () => {
    const days = daysOf(timelineView().entries, now, "local");
    expect(days.map(({ day, entries }) => [day, entries.length])).toEqual([
      ["today", 5],
      ["yesterday", 2],
      ["2026-05-10", 2],
    ]);
    expect(days[0]?.entries[0]?.time).toBe("12:03:34");
  });
});

describe("90 days of an objective", () => {
  const day = (agoDays: number, bad: number) => ({ day: ago(agoDays * 24 * hour).slice(0, 10), total: 1_000, bad });

  it("have a full bar where the promise was kept, a lower one the more was lost, and a stub without probes", () => {
    const { bars } = barsOf({ target: 0.99, days: [day(2, 10), day(1, 30), day(0, 200)] }, now);
    expect(bars).toHaveLength(90);
    expect(bars.slice(-4).map(({ tone }) => tone)).toEqual(["unknown", "well", "watch", "trouble"]);
    const [, kept, some, most] = bars.slice(-4).map(({ height }) => height);
    expect([kept, most]).toEqual([10, 2]);
    expect(some).toBeLessThan(10);
    expect(some).toBeGreaterThan(2);
  });

  it("are one path for each tone, and worked out anew when the answer, the promise or the day is another", () => {
    const told = { target: 0.99, days: [day(1, 10), day(0, 200)] };
    const bars = barsOf(told, now);
    expect(bars.paths.map(({ tone, line }) => [tone, line.split("M").length - 1])).toEqual([
      ["unknown", 88],
      ["well", 1],
      ["trouble", 1],
    ]);
    expect(bars.paths[1]?.line).toMatch(/^M88\.12 0h0\.76V10h-0\.76z$/);
    expect(barsOf(told, now + 1_000)).toBe(bars);
    expect(barsOf(told, now + 24 * hour).bars.at(-1)?.tone).toBe("unknown");
    expect(barsOf({ ...told, target: 0.5 }, now).bars.at(-1)?.tone).toBe("well");
    expect(barsOf({ ...told, days: [] }, now).bars.at(-1)?.tone).toBe("unknown");
  });

  it("are told in words: how many kept the promise, and which did not", () => {
    expect(barsOf({ target: 0.99, days: [day(1, 0), day(0, 200)] }, now).text).toBe(
      `2 days measured, 1 kept the promise; missed on ${ago(0).slice(0, 10)} (80 %)`,
    );
    expect(barsOf({ target: 0.99, days: [] }, now).text).toBe("no day was measured yet");
  });

  it("a share is never rounded up to a promise that was not kept", () => {
    expect([shareText(0.999_99, 2), shareText(0.9995, 2), shareText(1), shareText(0.07, 0)]).toEqual([
      "99.99 %",
      "99.95 %",
      "100 %",
      "7 %",
    ]);
  });
});

it("a sparkline has a gap where nothing is known, stays flat within 2 ms, and ticks where the agent was ill", () => {
  const paths = sparkOf({ latencyMs: [1, null, 1, 1.2], ill: [0, 0, 0.5, 0] });
  expect(paths?.line).toBe("M0 9M2 9L3 8.2");
  expect(paths?.ill).toBe("M2 0V10");
  expect(sparkOf({ latencyMs: [1, null], ill: [0, 0] })).toBeUndefined();
});

it("a migration counts what its 20 documents say, and passes over what it does not understand", () => {
  const { documents } = sectionsView().migration;
  const odd = [
    { key: "driver", value: { by: "ann" } },
    { key: "pc2/X", value: null },
  ];
  const migration = migrationOf([...documents, ...odd]);
  expect(migration).toMatchObject({ total: 20, done: 9 });
  expect(migration?.undone.map(({ why }) => why)).toEqual(["its latency rose from 2 ms to 31 ms"]);
  expect(migration?.underWay.map(({ stage }) => stage)).toEqual(["shadow"]);
  expect(migration?.waiting).toHaveLength(9);
  expect(migrationOf(odd)).toBeUndefined();
});

it("a moment that no clock knows counts as none in a document of a migration", () => {
  const since = (sinceMs: unknown) => migrationOf([{ key: "pc2/X", value: { stage: "moving", sinceMs } }])?.underWay[0];
  expect([1.8e18, Number.POSITIVE_INFINITY, "soon", -8.64e15, 1].map((ms) => since(ms)?.sinceMs)).toEqual([
    0, 0, 0, -8.64e15, 1,
  ]);
});

it("the last moment of all is told in any zone", () => {
  const last = new Date(8.64e15).toISOString();
  expect(clockText(last, now, "utc")).toBe("+275760-09-13 00:00:00 UTC");
  const offset = vi.spyOn(Date.prototype, "getTimezoneOffset").mockReturnValue(-120);
  onTestFinished(() => offset.mockRestore());
  expect(clockText(last, now, "local")).toBe("+275760-09-13 00:00:00");
  expect(clockText("2026-05-12T22:30:00.000Z", now, "local")).toBe("2026-05-13 00:30:00");
});

it("the last drill is the document of that name; one of another shape is none", () => {
  expect(lastDrillOf(sectionsView().drills.documents)).toMatchObject({
    runs: 12,
    lost: 0,
    failoverMs: 1_180,
    outageMs: 1_460,
  });
  expect(lastDrillOf([{ key: "last", value: { at: "yesterday", figures: {} } }])).toBeUndefined();
  expect(lastDrillOf([])).toBeUndefined();
});

it("each chart of the day is told in a line, and a series that the hub does not tell is left out", () => {
  const unhealthy = [2, 5, 3, null, null, null];
  const charts = chartsOf({ series: { pushes: [null, 3.25, 120.4, null], lag: [null], unhealthy, odd: [1] } });
  expect(charts.map(({ name, text }) => `${name}: ${text}`)).toEqual([
    "pushes: 120/s now, 120/s at most",
    "unhealthy: not known now, 5 at most",
    "lag: nothing is known yet",
  ]);
});
