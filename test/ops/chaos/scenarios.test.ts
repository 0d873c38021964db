import { describe, expect, it } from "vitest";
import { monthOf } from "../../../ops/chaos/availability.ts";
import { both } from "../../../ops/chaos/pairs.ts";
import { toMarkdown, toText } from "../../../ops/chaos/report.ts";
import type { RunView } from "../../../ops/chaos/run-view.ts";
import type { Deed } from "../../../ops/chaos/scenario.ts";
import { allScenarios, chooseScenarios } from "../../../ops/chaos/scenarios/all.ts";

const asked = [
  "agent-crash agent-hang hub-crash hub-hang nats-crash nats-hang pushgateway-crash machine-crash machine-hang leaf-cut",
  "http-cut partition one-way slow-link lossy-link disk-full restart-storm both-cold clock-jump owner-thaw owner-reboot witness-gone",
]
  .join(" ")
  .split(" ");

describe("the list of scenarios", () => {
  it("has all 22, each with a name of its own, an explanation and a rate", () => {
    expect(allScenarios.map(({ name }) => name).sort()).toEqual([...asked].sort());
    for (const { explains, perMonth } of allScenarios) {
      expect(explains.length).toBeGreaterThan(20);
      expect(perMonth).toBeGreaterThan(0);
    }
  });

  it("chooses all without a name, and in the order asked for with names", () => {
    expect(chooseScenarios([])).toHaveLength(22);
    expect(chooseScenarios(["partition", "hub-crash"]).map(({ name }) => name)).toEqual(["partition", "hub-crash"]);
  });

  it("names those there are to whoever asks for another one", () => {
    expect(() => chooseScenarios(["hub-crush"])).toThrow("There is no scenario hub-crush");
  });
});

describe("a pair of scenarios", () => {
  const deed = (name: string, log: string[], fails = false): Deed => ({
    says: name,
    holds: [name],
    expects: [],
    mayDie: [name],
    holdMs: 100,
    begin: () => void log.push(`begin ${name}`),
    undo: () => {
      log.push(`undo ${name}`);
      if (fails) throw new Error(`${name} stays`);
    },
  });

  it("begins one after the other, and undoes both although the first refuses to be undone", async () => {
    const log: string[] = [];
    const pair = both(deed("a", log, true), deed("b", log), 1);
    await pair.begin(new AbortController().signal);
    await expect(async () => await pair.undo()).rejects.toThrow("a stays");
    expect(log).toEqual(["begin a", "begin b", "undo a", "undo b"]);
    expect(pair.mayDie).toEqual(["a", "b"]);
  });
});

describe("the report", () => {
  const run: RunView = {
    scenario: "hub-crash",
    did: "kills the hub of pc2 for 8 s",
    startedAt: "2026-01-01T00:00:00.000Z",
    windowMs: 10_000,
    stoodMs: 8_000,
    detections: [{ what: "mainpc sees pc2/hub dead", afterMs: 80 }],
    turns: [],
    falseVerdicts: [],
    takeovers: undefined,
    recoveryMs: 2_000,
    homeMs: undefined,
    seen: [],
    downMs: 100,
    records: { acknowledged: 400, lost: [7] },
    problems: ["lost 1 acknowledged pushes"],
  };
  const view = {
    runs: [run],
    skipped: [{ scenario: "disk-full", why: "only root on Linux may mount a disk" }],
    month: monthOf([{ name: "hub-crash", perMonth: 4, windowMs: 10_000, downMs: 100 }]),
    interrupted: false,
  };

  it("shows times, losses, problems, what was skipped and why, and the arithmetic of the month", () => {
    const text = toText(view);
    expect(text).toMatch(/hub-crash +80 ms +- +2000 ms +0 +0 ms +1 of 400 +10\.0 s +99\.000 % +FAILED/);
    expect(text).toContain("hub-crash: lost 1 acknowledged pushes");
    expect(text).toContain("skipped: disk-full (only root on Linux may mount a disk)");
    expect(text).toContain("1 - 400 ms / 2592000000 ms = 100.000 %");
  });

  it("says `not seen` when one of the expected verdicts did not come", () => {
    const detections = [...run.detections, { what: "pc2 sees mainpc dead", afterMs: null }];
    expect(toText({ ...view, runs: [{ ...run, detections }] })).toMatch(/hub-crash +not seen/);
  });

  it("gives the same rows as Markdown", () => {
    const text = toMarkdown(view, "Seed 7.");
    expect(text).toContain("| hub-crash | 80 ms | - | 2000 ms | 0 | 0 ms | 1 of 400 | 10.0 s | 99.000 % | FAILED |");
    expect(text).toContain("- disk-full: only root on Linux may mount a disk");
  });
});
