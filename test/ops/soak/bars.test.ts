import { describe, expect, it } from "vitest";
import { Bars, barsHelp, parseBars } from "../../../ops/soak/bars.ts";

describe("the bars", () => {
  it("are 99.9 %, 500 ms, 0.1 %, 30 s, 70 %, 80 %, 80 %, 7 days, and nothing lost when nothing is said", () => {
    expect(parseBars([])).toEqual({
      availability: 99.9,
      p95: 500,
      errors: 0.1,
      recovery: 30,
      cpu: 70,
      memory: 80,
      disk: 80,
      doubling: 7,
      lost: 0,
      duplicates: 0,
      unobserved: 5,
    });
  });

  it("are set by name, the others stay", () => {
    expect(parseBars(["cpu=90", "p95=800.5"])).toMatchObject({ cpu: 90, p95: 800.5, memory: 80 });
  });

  it.each(["cpu", "cpu=", "cpu=101", "speed=3", "p95=fast"])(
    "are refused as %s, with those that there are",
    (setting) => {
      expect(() => parseBars([setting])).toThrow("not a bar");
    },
  );

  it("each stand in the help text with what they are when nothing is said", () => {
    for (const name of Object.keys(Bars.shape)) expect(barsHelp()).toMatch(new RegExp(`^ +${name} +[\\d.]+ +\\S`, "m"));
  });
});
