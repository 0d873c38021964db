import { describe, expect, it } from "vitest";
import { parseBars } from "../../../ops/soak/bars.ts";
import { judge } from "../../../ops/soak/judge.ts";
import { growthsOf } from "../../../ops/soak/leaks.ts";
import type { Slice, SoakEvent } from "../../../ops/soak/slice.ts";
import { Totals } from "../../../ops/soak/totals.ts";
import { duration } from "../../../ops/soak/words.ts";
import { minuteMs, sliceAt, startMs } from "./slices.ts";

const hourMs = 60 * minuteMs;

function verdictOf(
  slices: Slice[],
  { events = [], askedMs = hourMs, set = [] }: { events?: SoakEvent[]; askedMs?: number; set?: string[] } = {},
) {
  const totals = new Totals();
  for (const slice of slices) totals.add(slice);
  const bars = parseBars(set);
  const growths = growthsOf(slices, bars.doubling);
  return judge({ figures: totals.figures(), slices, outages: totals.outages, growths, events, bars, askedMs });
}

const hour = (change: (minute: number) => Partial<Slice> = () => ({})) =>
  Array.from({ length: 60 }, (_, i) => sliceAt(i, change(i)));
const barsOf = ({ breaches }: ReturnType<typeof verdictOf>) => [...new Set(breaches.map(({ bar }) => bar))];

describe("the verdict", () => {
  it("is pass of an hour in which every bar holds", () => {
    expect(verdictOf(hour())).toMatchObject({ verdict: "pass", breaches: [], incomplete: [], errorBudgetUsed: 0 });
  });

  it("is incomplete of an hour of the 168 that were asked for", () => {
    const verdict = verdictOf(hour(), { askedMs: 168 * hourMs });
    expect(verdict).toMatchObject({ verdict: "incomplete", incomplete: ["observed 60 min of 168 h asked for"] });
  });

  it("does not count an hour without slices as good, and is incomplete when more than 5 % were not observed", () => {
    const slices = [...hour(), ...Array.from({ length: 60 }, (_, i) => sliceAt(120 + i))];
    const verdict = verdictOf(slices, { askedMs: 2 * hourMs });
    expect(verdict).toMatchObject({ verdict: "incomplete", observedMs: 2 * hourMs, notObservedMs: hourMs });
    expect(verdict.incomplete).toEqual(["60 min were not observed, 33.333 % of the time (bar 5 %)"]);
    expect(verdictOf(slices, { askedMs: 2 * hourMs, set: ["unobserved=40"] }).verdict).toBe("pass");
  });

  it("is incomplete when the hubs could not be asked about the last pushes", () => {
    const slices = hour((i) =>
      i === 59 ? { clients: { c: { acknowledged: 5, lost: null, duplicates: null, uncertain: 0, unseen: 0 } } } : {},
    );
    expect(verdictOf(slices).verdict).toBe("incomplete");
  });

  it.each<[string, Partial<Slice>, string]>([
    ["one request in 60 of a client", { streams: { a: { asked: 3_600, failed: 60 } } }, "availability errors"],
    [
      "a push that nobody holds",
      { clients: { c: { acknowledged: 9, lost: 1, duplicates: 0, uncertain: 0, unseen: 0 } } },
      "lost",
    ],
    ["a record that the ledger misses", { ledger: { missing: 1, metTwice: 0, pending: 0 } }, "lost"],
    [
      "a record stored twice",
      { clients: { c: { acknowledged: 9, lost: 0, duplicates: 1, uncertain: 0, unseen: 0 } } },
      "duplicates",
    ],
    [
      "31 s without a good answer",
      { outages: [{ stream: "a", fromMs: startMs, toMs: startMs + 31_000, open: false }] },
      "recovery",
    ],
    ["81 % of the memory", { machines: { mainpc: { cpu: 5, memory: 81, disk: 5 } } }, "memory"],
    ["81 % of the disk", { machines: { mainpc: { cpu: 5, memory: 5, disk: 81 } } }, "disk"],
  ])("is fail for %s", (_, change, bars) => {
    const verdict = verdictOf(hour((i) => (i === 59 ? change : {})));
    expect(verdict.verdict).toBe("fail");
    expect(barsOf(verdict).join(" ")).toBe(bars);
  });

  it("is fail for a processor above 70 % in 6 of 60 minutes, and not in 2", () => {
    const busy = (minutes: number) =>
      hour((i) => (i < minutes ? { machines: { mainpc: { cpu: 90, memory: 5, disk: 5 } } } : {}));
    const verdict = verdictOf(busy(6));
    expect(barsOf(verdict)).toEqual(["cpu"]);
    // 5 % of one processor: it was others of that computer.
    expect(verdict.breaches[0]?.cause).toMatch(/; the pair's own processes took 5 % of one processor then$/);
    expect(verdictOf(busy(2)).verdict).toBe("pass");
  });

  it("is fail for answers of which 95 % take longer than 500 ms", () => {
    const slices = Array.from({ length: 60 }, (_, i) => sliceAt(i, {}, [100, 600, 700]));
    expect(barsOf(verdictOf(slices))).toEqual(["p95"]);
    expect(verdictOf(slices, { set: ["p95=800"] }).verdict).toBe("pass");
  });

  it("tells how much of the error budget is used: one failed request in 2,000 is half of 0.1 %", () => {
    const slices = hour(() => ({ streams: { a: { asked: 2_000, failed: 1 } } }));
    expect(verdictOf(slices).errorBudgetUsed).toBeCloseTo(50, 6);
  });

  it("does not judge what nobody measured, and says so", () => {
    const { lines, verdict } = verdictOf(hour(() => ({ machines: {} })));
    expect(lines.find(({ bar }) => bar === "disk")).toMatchObject({ figure: "not measured", holds: null });
    expect(verdict).toBe("pass");
  });
});

describe("the likely cause of a breach", () => {
  const outage = { stream: "a", fromMs: startMs + 100_000, toMs: startMs + 140_000, open: false };
  const slices = hour((i) => (i === 2 ? { outages: [outage] } : {}));
  const event = (kind: SoakEvent["kind"], atS: number, what: string, rest: Partial<SoakEvent> = {}): SoakEvent => ({
    atMs: startMs + 1_000 * atS,
    toMs: null,
    kind,
    what,
    ...rest,
  });
  const verdict = (atS: number, of: string, to: string) =>
    event("verdict", atS, `pc2 says that ${of} is ${to}`, { turn: { by: "pc2", of, to } });
  const causeOf = (events: SoakEvent[]) =>
    verdictOf(slices, { events }).breaches.map(({ atMs, cause }) => [atMs, cause]);
  const at = outage.fromMs;

  it("is the fault that was injected then, before all that followed from it", () => {
    const fault = event("fault", 98, "hub-crash", { toMs: startMs + 120_000 });
    expect(causeOf([verdict(99, "mainpc/hub", "dead"), fault])).toEqual([[at, "fault injected: hub-crash"]]);
  });

  it("is a machine that was dead then, also since long before", () => {
    expect(causeOf([verdict(5, "mainpc", "dead")])).toEqual([[at, "pc2 says that mainpc is dead"]]);
  });

  it("is no machine that was well again before", () => {
    const events = [verdict(5, "mainpc", "dead"), verdict(20, "mainpc", "alive")];
    expect(causeOf(events)).toEqual([[at, "unknown: no fault, verdict or end of a process at that time"]]);
  });

  it("is the end of a process, or else a pair that was not in sync", () => {
    const behind = verdict(101, "sync", "degraded");
    expect(causeOf([behind])).toEqual([[at, "pc2 says that sync is degraded"]]);
    expect(causeOf([behind, event("process", 102, "pc2/hub ended")])).toEqual([[at, "pc2/hub ended"]]);
  });

  it("is no fault of another hour", () => {
    const fault = event("fault", 3_000, "hub-crash", { toMs: startMs + 3_010_000 });
    expect(causeOf([fault])[0]?.[1]).toMatch(/^unknown/);
  });
});

describe("a duration", () => {
  it("reads as people say it", () => {
    expect([90_000, 5_400_000, 604_800_000].map(duration)).toEqual(["90 s", "90 min", "168 h"]);
  });
});
