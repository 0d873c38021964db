import { describe, expect, it } from "vitest";
import type { Bugs } from "./hub-node.ts";
import { falseVerdicts } from "./quiet.ts";
import { run } from "./run.ts";

const minutesMs = 300_000;
const seedsInCase = 100;
const cases = Array.from({ length: 10 }, (_, at) => 1 + at * seedsInCase);

describe("1,000 seeds of a pair with faults hold in every step, and come to rest at home within 60 s", () => {
  it.each(cases)(
    "100 seeds from %i on",
    (from) => {
      const violations = [];
      for (let seed = from; seed < from + seedsInCase; seed++) {
        const { violation } = run({ seed });
        if (violation !== undefined) violations.push({ seed, ...violation });
      }
      expect(violations).toEqual([]);
    },
    minutesMs,
  );
});

it("a seed gives the same world again, event by event", () => {
  const lines: string[][] = [[], []];
  for (const story of lines) run({ seed: 7, trace: (line) => story.push(line) });
  expect(lines[0]?.length).toBeGreaterThan(20);
  expect(lines[1]).toEqual(lines[0]);
});

describe("the simulation finds a bug that was put in on purpose", () => {
  it(
    "a detector that trusts one path, within 200 seeds",
    () => {
      expect(firstViolation({ trustsOnePath: true }, 200)).toMatch(
        /calls the peer's hub dead \d+ ms after it heard it/,
      );
    },
    minutesMs,
  );

  it(
    "a failback before refill, within 200 seeds",
    () => {
      expect(firstViolation({ failsBackBeforeRefill: true }, 200)).toMatch(/goes home to .*, which lacks/);
    },
    minutesMs,
  );
});

describe("a judge passes no false verdict on a peer that lives", () => {
  it.each([1, 2, 3, 4])(
    "in 6 of 24 virtual hours with 200 ms jitter and a twentieth of the packets lost: quarter %i",
    (seed) => {
      const { dead, beats } = falseVerdicts({ seed, hours: 6, loss: 0.05, jitterMs: 200 });
      expect(beats).toBeGreaterThan(500_000);
      expect(dead).toBe(0);
    },
    minutesMs,
  );

  // Found: the first thing that a loop takes up after a stall may be an old beat, which was judged before the stall was forgiven.
  it(
    "while its own loop stands still for 3 s, 500 times",
    () => {
      const stalls = { everyMs: 10_000, lengthMs: 3_000 };
      expect(falseVerdicts({ seed: 1, hours: 1.9, loss: 0.05, jitterMs: 200, stalls }).dead).toBe(0);
    },
    minutesMs,
  );
});

function firstViolation(bugs: Bugs, seeds: number): string | undefined {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violation } = run({ seed, bugs });
    if (violation !== undefined) return violation.message;
  }
  return undefined;
}
