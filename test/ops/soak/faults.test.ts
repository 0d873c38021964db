import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../ops/chaos/random.ts";
import type { Scenario } from "../../../ops/chaos/scenario.ts";
import type { Stage } from "../../../ops/chaos/stage.ts";
import { Faults, failureOf, pickByRate } from "../../../ops/soak/faults.ts";

const scenario = (name: string, changes: Partial<Scenario> = {}): Scenario => ({
  name,
  explains: "",
  perMonth: 1,
  deed: () => ({ says: "it breaks", holds: [], expects: [], mayDie: [], begin: () => {}, holdMs: 1, undo: () => {} }),
  ...changes,
});
/** A pair that is always well, and has no process. */
const stage = { machines: [], children: () => [], revive: async () => {}, well: async () => "" } as unknown as Stage; // all that is asked of it
const faultsOf = (scenarios: Scenario[], tell: () => void) =>
  new Faults({
    stage,
    scenarios,
    perHour: 1e9,
    times: { holdMs: 1, partitionMs: 1 },
    random: seededRandom(1),
    now: () => 0,
    tell,
    say: () => {},
    signal: new AbortController().signal,
  });

describe("the faults of a soak", () => {
  it("end it when one cannot be written down, with what is wrong", async () => {
    const playing = faultsOf([scenario("a")], () => {
      throw new Error("no space left");
    }).run();
    const failed = failureOf(playing);
    await expect(playing).rejects.toThrow("no space left");
    expect(failed).toMatchObject({ aborted: true, reason: { message: "no space left" } });
  });

  it("end it when none of them can be played on this pair", async () => {
    const unable = scenario("a", { unable: () => "not here" });
    await expect(faultsOf([unable], () => {}).run()).rejects.toThrow("none of these faults can be played");
  });

  it("are drawn each as often as its rate stands beside the others'", () => {
    const both = [scenario("a"), scenario("b", { perMonth: 3 })];
    expect([0, 0.24, 0.26, 0.99].map((drawn) => pickByRate(both, { next: () => drawn }).name)).toEqual([
      "a",
      "a",
      "b",
      "b",
    ]);
  });
});
