import { describe, expect, it } from "vitest";
import type { Evidence } from "../../../ops/readiness/evidence.ts";
import { judge } from "../../../ops/readiness/judge.ts";
import { type Promised, promises } from "../../../ops/readiness/promises.ts";
import { readinessText } from "../../../ops/readiness/text.ts";

const nowMs = Date.parse("2026-05-12T12:00:00Z");
const daysAgo = (days: number) => new Date(nowMs - days * 86_400_000).toISOString();
const loss = (change: Partial<Evidence> = {}): Evidence => ({
  v: 1,
  name: "prove-loss",
  at: daysAgo(1),
  command: "npm run prove:loss -- --minutes 30",
  ok: true,
  figures: { minutes: 30, acknowledged: 1_000, lost: 0 },
  version: "0.1.0",
  commit: "3f2a9c01d4e75b6a",
  dirty: false,
  ...change,
});
const promised: Promised[] = [
  {
    title: "1 no acknowledged record is lost",
    needs: [
      {
        name: "prove-loss",
        command: "npm run prove:loss",
        scope: { minutes: 2 },
        most: { lost: 0 },
        least: { acknowledged: 1 },
        shows: ["acknowledged", "lost"],
      },
    ],
  },
];
const judged = (...evidence: Evidence[]) => judge(promised, evidence, { nowMs, maxDays: 30 })[0]?.evidence[0];

describe("a promise", () => {
  it("is green by evidence that is whole, young and within its bounds", () => {
    expect(judged(loss())).toMatchObject({ state: "green", why: "", figures: { acknowledged: 1_000, lost: 0 } });
  });

  it.each<[string, Evidence[], string, string]>([
    ["there is no evidence", [], "missing", "there is none"],
    ["it is of something else", [loss({ name: "prove-fsync" })], "missing", "there is none"],
    [
      "the run was too short",
      [loss({ figures: { minutes: 0.5, acknowledged: 9, lost: 0 } })],
      "missing",
      "minutes is 0.5 instead of 2 in what there is, and it takes more",
    ],
    ["it is 31 days old", [loss({ at: daysAgo(31) })], "old", "it is 31 days old"],
    [
      "a figure is out of bounds",
      [loss({ figures: { minutes: 2, acknowledged: 9, lost: 1 } })],
      "failed",
      "lost is 1, at most 0 is promised",
    ],
    ["a figure is not told", [loss({ figures: { minutes: 2, acknowledged: 9 } })], "failed", "it does not tell lost"],
    [
      "nothing was tried",
      [loss({ figures: { minutes: 2, acknowledged: 0, lost: 0 } })],
      "failed",
      "acknowledged is 0, at least 1 is promised",
    ],
    ["the run says that it fails", [loss({ ok: false })], "failed", "it says itself that it fails"],
  ])("is red where %s", (_, evidence, state, why) => {
    expect(judged(...evidence)).toMatchObject({ state, why });
  });

  it("goes by the latest run that is whole, and by a later one that failed however short it was", () => {
    const short = { minutes: 0.1, acknowledged: 9, lost: 0 };
    expect(judged(loss({ at: daysAgo(40), ok: false }), loss())?.state).toBe("green");
    expect(judged(loss(), loss({ at: daysAgo(0), figures: short }))).toMatchObject({ state: "green", at: daysAgo(1) });
    expect(judged(loss(), loss({ at: daysAgo(0), figures: short, ok: false }))?.state).toBe("failed");
  });

  it("is shown with date, figures and commit, and what makes its evidence where it is red", () => {
    const text = readinessText(judge(promised, [loss({ dirty: true })], { nowMs, maxDays: 30 }), [], false);
    expect(text).toMatch(/prove-loss +2026-05-11 \(1 d\) +acknowledged 1000, lost 0 +0\.1\.0 3f2a9c0\+/);
    expect(text).toContain("1 of 1 promises are green");
    const red = readinessText(judge(promised, [], { nowMs, maxDays: 30 }), ["x is no evidence"], true);
    expect(red).toContain("prove-loss: there is none\n  → npm run prove:loss\nx is no evidence\n0 of 1");
    expect(red).toContain("\x1b[31mRED");
  });
});

it("each of the six promises and of the three figures has evidence that a command makes", () => {
  const titles = promises.map(({ title }) => title);
  for (const begin of ["1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "failover", "sync", "available"])
    expect(titles.filter((title) => title.startsWith(begin))).toHaveLength(1);
  for (const { needs } of promises) {
    expect(needs).not.toEqual([]);
    for (const { command } of needs) expect(command).toContain("--evidence");
  }
});

describe("that no secret lies open", () => {
  const five = promises.filter(({ title }) => title.startsWith("5 "));
  const whole = { secrets: 4, found: 0, unsearched: 0, tooShort: 0, previewed: 1, whole: 1 };
  const audited = (change: Record<string, number>) => {
    const evidence = loss({ name: "secrets-audit", figures: { ...whole, ...change } });
    return judge(five, [evidence], { nowMs, maxDays: 30 })[0]?.evidence[0];
  };

  it("is shown by an audit of all stacks, and not by one of a single machine", () => {
    expect(audited({})).toMatchObject({ state: "green" });
    expect(audited({ whole: 0 })).toMatchObject({ state: "missing", why: expect.stringContaining("whole is 0") });
  });

  it("is not shown while a secret is too short to be searched for", () => {
    expect(audited({ tooShort: 1 })).toMatchObject({ state: "failed", why: "tooShort is 1, at most 0 is promised" });
  });
});
