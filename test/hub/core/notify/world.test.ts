/** What people are promised, in random worlds: told at least once always, and exactly once while the hubs hear each other. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { channels, type MachineName, machines, World } from "./world.ts";

const minuteMs = 60_000;
const machine = fc.constantFrom<MachineName>(...machines);

/** A trouble of its own subject each: what is said of one must not be damped by what was said of another. */
const trouble = fc.record({
  by: machine,
  afterMs: fc.integer({ min: 0, max: 40_000 }),
  severity: fc.constantFrom("urgent" as const, "warning" as const),
  lastsMs: fc.option(fc.integer({ min: 1_000, max: 120_000 })),
});
const troubles = fc.array(trouble, { minLength: 1, maxLength: 6 });

type Trouble = (typeof troubles extends fc.Arbitrary<infer T> ? T : never)[number];
type Deed = { afterMs: number; do(world: World): void };

/** @param stored gets what was stored, as channels should hear it */
function deedsOf(all: readonly Trouble[], stored: string[] = []): Deed[] {
  return all.flatMap(({ by, afterMs, severity, lastsMs }, index) => {
    const subject = `subject-${index}`;
    const loud = channels.filter(({ atLeast }) => atLeast === "warning" || severity === "urgent");
    let isRaised = false;
    const say = (word: "raised" | "resolved") => (world: World) => {
      if (word === "resolved" && !isRaised) return;
      if (!world.say(by, subject, word === "raised" ? severity : word)) return;
      isRaised = true;
      stored.push(...loud.map(({ name }) => `${name} ${word} ${subject}`));
    };
    const raise = { afterMs, do: say("raised") };
    return lastsMs === null ? [raise] : [raise, { afterMs: afterMs + lastsMs, do: say("resolved") }];
  });
}

function play(world: World, deeds: readonly Deed[], restMs: number): void {
  const startMs = world.nowMs;
  for (const deed of deeds.toSorted((a, b) => a.afterMs - b.afterMs)) {
    world.run(startMs + deed.afterMs - world.nowMs);
    deed.do(world);
  }
  world.run(restMs);
}

const linesOf = (world: World) =>
  world.heard.map(({ channel, notice }) => `${channel} ${notice.kind} ${notice.subject}`);

it("linked hubs tell each channel each notice exactly once, though channels fail for one or both of them and clocks are 500 ms apart", () => {
  const outages = fc.array(
    fc.record({
      channel: fc.constantFrom(...channels.map(({ name }) => name)),
      by: machine,
      fromMs: fc.integer({ min: 0, max: 150_000 }),
      lastsMs: fc.integer({ min: 1_000, max: 200_000 }),
    }),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(
      troubles,
      outages,
      fc.integer({ min: -500, max: 500 }),
      fc.integer({ min: 1, max: 7_900 }),
      (all, dead, skewMs, tookMs) => {
        const startMs = new World({ skewMs, attempt: () => ({ succeeds: true, tookMs }) }).nowMs;
        const world = new World({
          skewMs,
          attempt: (channel, by, nowMs) => ({
            tookMs,
            succeeds: !dead.some((each) => {
              const fromMs = startMs + each.fromMs;
              return each.channel === channel && each.by === by && nowMs >= fromMs && nowMs < fromMs + each.lastsMs;
            }),
          }),
        });
        const stored: string[] = [];
        play(world, deedsOf(all, stored), 9 * minuteMs);
        expect(stored.length).toBeGreaterThan(0);
        expect(linesOf(world).toSorted()).toEqual(stored.toSorted());
      },
    ),
    { numRuns: 40 },
  );
});

it("whatever crashes and however long the hubs are apart, each notice is told at least once, and no more often than by each hub and once a crash", () => {
  const fault = fc.record({
    what: fc.constantFrom("mainpc" as const, "pc2" as const, "link" as const),
    afterMs: fc.integer({ min: 0, max: 200_000 }),
    lastsMs: fc.integer({ min: 500, max: 120_000 }),
  });
  fc.assert(
    fc.property(troubles, fc.array(fault, { minLength: 1, maxLength: 5 }), (all, faults) => {
      const world = new World({ skewMs: 120, attempt: () => ({ succeeds: true, tookMs: 700 }) });
      const broken = faults.flatMap(({ what, afterMs, lastsMs }): Deed[] => [
        { afterMs, do: (each) => (what === "link" ? each.cut(true) : each.crash(what)) },
        { afterMs: afterMs + lastsMs, do: (each) => (what === "link" ? each.cut(false) : each.restart(what)) },
      ]);
      // Faults may overlap; in the end all is well again.
      const well = 400_000;
      const healed: Deed = {
        afterMs: well,
        do: (each) => {
          each.cut(false);
          for (const name of machines) each.restart(name);
        },
      };
      const stored: string[] = [];
      play(world, [...deedsOf(all, stored), ...broken, healed], 5 * minuteMs);
      const heard = linesOf(world);
      expect([...new Set(heard)].toSorted()).toEqual(stored.toSorted());
      const crashes = faults.filter(({ what }) => what !== "link").length;
      for (const line of stored)
        expect(heard.filter((each) => each === line).length).toBeLessThanOrEqual(machines.length + crashes);
    }),
    { numRuns: 40 },
  );
});
