import { describe, expect, it } from "vitest";
import { report } from "./push/report.ts";
import { bench } from "./push/run.ts";
import { quick } from "./push/sizes.ts";
import { targets } from "./push/targets.ts";

describe("the bench", { timeout: 240_000 }, () => {
  it("runs all measurements against real servers and writes a page with a figure for each target but the idle hub", async () => {
    const figures = await bench(quick, true, () => {});
    for (const { of } of [...figures.points, figures.many.point]) {
      expect(of.hub.answered).toBeGreaterThan(0);
      expect(of.hub.failed + of.unchecked.failed).toBe(0);
    }
    const unfound = targets(figures).filter(({ found }) => found === undefined || !Number.isFinite(found));
    expect(unfound.map(({ what }) => what)).toEqual(["idle hub with 77 agents"]);
    const page = report(figures);
    expect(page).toContain("these figures mean nothing");
    expect(page.match(/^\| 200 \| 100 \| 16 \| /gm)).toHaveLength(2);
  });
});
