import { describe, expect, it } from "vitest";
import { outcomeOf, type TimedStep } from "../../../ops/deploy/carry-out.ts";
import { endText, historyText, planText } from "../../../ops/deploy/show.ts";
import type { End } from "../../../ops/deploy/steps.ts";
import { deployment } from "./deployment.ts";

const step = (machine: string, name: TimedStep["step"], change: Partial<TimedStep> = {}): TimedStep => ({
  machine,
  step: name,
  way: "forward",
  ms: 12_340,
  ok: true,
  why: "",
  ...change,
});
const failure = { machine: "mainpc", during: "verify" as const, why: "container Tutor is restarting" };
const plan = (machine: string, words: string[]) => ({
  machine,
  words,
  isEmpty: words.length === 0,
  isFirst: false,
  moves: [],
  outages: [],
  pauses: [],
  replaced: [],
  touched: [],
  fresh: [],
});

describe("what an operator reads of a deployment", () => {
  it("the plan names each machine, what was cut off there, and where nothing changes", () => {
    const tasks = [
      { plan: plan("pc2", ["hub: replaced without a gap"]), heals: true, record: deployment() },
      { plan: plan("mainpc", []), heals: false, record: deployment({ rollbackOf: 3 }) },
    ];
    expect(planText(tasks, 7, "rollback").split("\n")).toEqual([
      "rollback, deployment 7",
      "pc2:",
      "  an earlier deployment was cut off here: the machine is looked at anew, and finished first",
      "  hub: replaced without a gap",
      "mainpc (to what it was in 3):",
      "  no change",
    ]);
  });

  it("the end says why it was rolled back, with the last lines of what was ill, and what each took", () => {
    const text = endText({ outcome: "rolled back", failure }, 7, {
      end: { outcome: "rolled back", failure },
      steps: [step("mainpc", "up"), step("mainpc", "up", { way: "back" })],
      logs: [{ machine: "mainpc", container: "Tutor", state: "restarting", lines: ["no model"] }],
      notes: ["Twin stays on pc2"],
    });
    expect(text.split("\n")).toEqual([
      "deployment 7 was rolled back: verify of mainpc failed:",
      "  container Tutor is restarting",
      "all machines that it touched are as they were",
      "last lines of Tutor on mainpc (restarting):",
      "  no model",
      "Twin stays on pc2",
      "mainpc up 12.3 s, mainpc up back 12.3 s",
    ]);
  });

  it.each<[End, RegExp]>([
    [{ outcome: "done" }, /^deployment 7 is done$/],
    [{ outcome: "refused", failure }, /^nothing was changed: mainpc: /],
    [{ outcome: "interrupted", halfway: "pc2" }, /in the middle of pc2\n {2}→ the next tandem deploy/],
    [{ outcome: "interrupted", halfway: undefined }, /each is whole/],
    [
      { outcome: "failed", failure, stuck: [failure] },
      /mainpc was not brought back \(verify\):\n.*\n {2}→ tandem doctor/,
    ],
  ])("%o is told with what to do next", (end, words) => {
    expect(endText(end, 7, { end, steps: [], logs: [], notes: [] })).toMatch(words);
  });

  it("the history has the newest first, and says what each changed or why it was not done", () => {
    const kept = [
      deployment({ number: 1, commit: null, tookMs: null }),
      deployment({ number: 2, dirty: true, changes: ["NATS: replaced", "hub: replaced"] }),
      deployment({ number: 3, outcome: "rolled back", why: "no model\nat all" }),
      deployment({ number: 4, rollbackOf: 1, agent: "Tutor", changes: ["agent Tutor: restarts"] }),
    ];
    const lines = historyText(kept).split("\n");
    expect(lines.map((line) => line.slice(0, 3))).toEqual(["no.", "4  ", "3  ", "2  ", "1  "]);
    expect(lines[1]).toMatch(/Tutor back to 1; agent Tutor: restarts$/);
    expect(lines[2]).toMatch(/rolled back {2}21\.0 s {2}no model$/);
    expect(lines[3]).toMatch(/3f2a9c01\+ {2}done {9}21\.0 s {2}NATS: replaced \(\+1\)$/);
    expect(historyText([])).toBe("no deployment is kept on any machine that answers");
  });
});

describe("how a machine that took part has ended", () => {
  const steps = [step("pc2", "up"), step("pc2", "verify"), step("mainpc", "prepare")];

  it("follows the whole when all went well or all was brought back", () => {
    expect(outcomeOf("pc2", { outcome: "done" }, steps, false)).toBe("done");
    expect(outcomeOf("pc2", { outcome: "rolled back", failure }, steps, false)).toBe("rolled back");
    expect(outcomeOf("mainpc", { outcome: "failed", failure, stuck: [failure] }, steps, false)).toBe("failed");
    expect(outcomeOf("pc2", { outcome: "failed", failure, stuck: [failure] }, steps, false)).toBe("rolled back");
  });

  it("after an interruption is done when it was verified, untouched before its up, and in between else", () => {
    const end: End = { outcome: "interrupted", halfway: "mainpc" };
    expect(outcomeOf("pc2", end, steps, false)).toBe("done");
    expect(outcomeOf("mainpc", end, steps, false)).toBe("rolled back");
    expect(outcomeOf("mainpc", end, [...steps, step("mainpc", "up", { ok: false })], false)).toBe("interrupted");
    expect(outcomeOf("pc2", end, [...steps, step("pc2", "up", { way: "back", ok: false })], false)).toBe("interrupted");
  });

  it("is in between still when one that was to finish it never began its up", () => {
    const refused: End = { outcome: "refused", failure: { ...failure, during: "prepare" } };
    for (const end of [refused, { outcome: "interrupted", halfway: undefined } as const])
      expect(outcomeOf("mainpc", end, steps, true)).toBe("interrupted");
    expect(outcomeOf("pc2", { outcome: "rolled back", failure }, steps, true)).toBe("rolled back");
    expect(outcomeOf("mainpc", { outcome: "rolled back", failure }, steps, true)).toBe("interrupted");
  });
});
