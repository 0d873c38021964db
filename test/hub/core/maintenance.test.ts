import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Maintenance, type MaintenanceWindow, MaintenanceWindows } from "../../../hub/core/maintenance.ts";

const window = (target: string, saidMs: number, untilMs: number): MaintenanceWindow => ({
  target,
  saidMs,
  untilMs,
  reason: "new disk",
  by: "ann",
});

describe("maintenance", () => {
  it("of a machine covers its agents, of an agent only that one, and ends by itself after its 10 minutes", () => {
    const maintenance = new Maintenance();
    maintenance.begin(window("mainpc", 0, 600_000));
    maintenance.begin(window("pc2/TutorAgent", 0, 600_000));
    const covered = (nowMs: number) =>
      ["mainpc", "mainpc/TutorAgent", "pc2/TutorAgent", "pc2/Other", "pc2"].filter((target) =>
        maintenance.covers(target, nowMs),
      );
    expect(covered(599_999)).toEqual(["mainpc", "mainpc/TutorAgent", "pc2/TutorAgent"]);
    expect(covered(600_000)).toEqual([]);
    expect(maintenance.active(600_000)).toEqual([]);
  });

  it("that is ended early is over on the peer too, although its clock is 5 s ahead", () => {
    const [here, there] = [new Maintenance(), new Maintenance()];
    there.begin(window("mainpc", 5_000, 600_000));
    here.merge(there.words(5_000));
    expect(here.end("mainpc", "bob", 1_000)).toMatchObject({ by: "bob", untilMs: 1_000 });
    expect(there.merge(here.words(1_000))).toBe(true);
    expect(there.covers("mainpc", 6_000)).toBe(false);
    expect(there.end("mainpc", "bob", 6_000)).toBeUndefined();
  });

  it("is told of 1,000 targets at most: those under way first, then those that ended last", () => {
    const maintenance = new Maintenance();
    for (let i = 0; i < 900; i++) maintenance.begin(window(`pc2/Ended${i}`, i + 1, 5_000));
    for (let i = 0; i < 101; i++) maintenance.begin(window(`pc2/Active${i}`, i, 20_000));
    const words = maintenance.words(10_000);
    expect(words).toHaveLength(1_000);
    expect(maintenance.active(10_000)).toHaveLength(101);
    expect(words.map(({ target }) => target)).not.toContain("pc2/Ended0");
    expect(MaintenanceWindows.safeParse(words).success).toBe(true);
  });

  it("is forgotten a day after its end", () => {
    const maintenance = new Maintenance();
    maintenance.begin(window("mainpc", 0, 1_000));
    expect(maintenance.words(86_401_000)).toHaveLength(1);
    expect(maintenance.words(86_401_001)).toHaveLength(0);
  });

  it("is the same on both hubs in whatever order they hear of it, and news only once", () => {
    const word = fc.record({
      target: fc.constantFrom("mainpc", "pc2", "pc2/TutorAgent"),
      saidMs: fc.integer({ min: 0, max: 3 }),
      untilMs: fc.integer({ min: 10, max: 12 }),
      reason: fc.constantFrom("disk", "fan"),
      by: fc.constantFrom("ann", "bob"),
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const [here, there] = [new Maintenance(), new Maintenance()];
        here.merge(words);
        for (const each of words.toReversed()) there.merge([each]);
        expect(here.words(5)).toEqual(there.words(5));
        expect(there.merge(here.words(5))).toBe(false);
      }),
    );
  });
});
