import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HubThresholds } from "../../../fleet/hub-file.ts";
import {
  afterPush,
  firstChoice,
  type HubChoice,
  type HubRole,
  hubToTry,
  type PushOutcome,
} from "../../../ops/local/agents/hub-choice.ts";

const defaults = HubThresholds.parse({});
type Answers = Record<HubRole, PushOutcome>;

/** One push at a time; says which hubs it tried, and what became of it at the last one. */
function pushes(thresholds = defaults) {
  let choice: HubChoice = firstChoice;
  return (nowMs: number, answers: Partial<Answers> = {}): string => {
    const tried: HubRole[] = [];
    let outcome: PushOutcome = "failed";
    for (;;) {
      const role = hubToTry(choice, tried, thresholds, nowMs);
      if (role === undefined) return `${tried.join(", ")}: ${outcome}`;
      tried.push(role);
      outcome = answers[role] ?? "ok";
      choice = afterPush(choice, role, outcome, thresholds, nowMs);
      if (outcome === "ok") return `${tried.join(", ")}: ok`;
    }
  };
}

describe("an agent's choice of hub", () => {
  it("is the primary as long as it takes pushes", () => {
    const push = pushes();
    for (const nowMs of [0, 5_000, 10_000]) expect(push(nowMs)).toBe("primary: ok");
  });

  it("is the fallback in the same push that the primary fails, and for 10 s from then on", () => {
    const push = pushes();
    expect(push(0, { primary: "failed" })).toBe("primary, fallback: ok");
    expect(push(1_000)).toBe("fallback: ok");
    expect(push(9_999)).toBe("fallback: ok");
    expect(push(10_000)).toBe("primary: ok");
    expect(push(10_001)).toBe("primary: ok");
  });

  it("tries a primary that stays dead once in 10 s, without losing a push", () => {
    const push = pushes();
    push(0, { primary: "failed" });
    expect(push(10_000, { primary: "late" })).toBe("primary, fallback: ok");
    expect(push(15_000, { primary: "failed" })).toBe("fallback: ok");
    expect(push(20_000, { primary: "failed" })).toBe("primary, fallback: ok");
  });

  it("with 3 failures before the fallback loses 2 pushes, and a push taken between them starts the count anew", () => {
    const push = pushes({ ...defaults, failuresBeforeFallback: 3 });
    const dead = { primary: "failed" } as const;
    expect([push(0, dead), push(1, dead), push(2)]).toEqual(["primary: failed", "primary: failed", "primary: ok"]);
    expect([push(3, dead), push(4, dead), push(5, dead)]).toEqual([
      "primary: failed",
      "primary: failed",
      "primary, fallback: ok",
    ]);
  });

  it("is the fallback after one late push, however many failures are allowed", () => {
    const push = pushes({ ...defaults, failuresBeforeFallback: 3 });
    expect(push(0, { primary: "late" })).toBe("primary, fallback: ok");
  });

  it("is the primary again before its time when the fallback fails", () => {
    const push = pushes();
    push(0, { primary: "failed" });
    expect(push(1_000, { fallback: "failed" })).toBe("fallback, primary: ok");
    expect(push(2_000)).toBe("primary: ok");
  });

  it("loses a push with the default thresholds only when both hubs fail it, and tries no hub twice for one", () => {
    const outcome = fc.constantFrom<PushOutcome>("ok", "late", "failed");
    const step = fc.record({ afterMs: fc.nat(12_000), primary: outcome, fallback: outcome });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const push = pushes();
        let nowMs = 0;
        for (const { afterMs, ...answers } of steps) {
          nowMs += afterMs;
          const [tried = "", became] = push(nowMs, answers).split(": ");
          expect(new Set(tried.split(", ")).size).toBe(tried.split(", ").length);
          if (answers.primary === "ok" || answers.fallback === "ok") expect(became).toBe("ok");
        }
      }),
    );
  });
});
