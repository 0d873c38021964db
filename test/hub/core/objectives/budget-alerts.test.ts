import { expect, it } from "vitest";
import { BudgetAlerts, type BudgetSight } from "../../../../hub/core/objectives/budget-alerts.ts";
import type { Burning } from "../../../../hub/core/objectives/burn.ts";

/** Plays a minute a number: what burns then, by ticks of 5 s; an alert that is said stands from then on. */
function play(burning: readonly (Burning | "quiet")[]): string[] {
  const alerts = new BudgetAlerts();
  const said: string[] = [];
  let standing: Burning = "no";
  for (const [minute, what] of burning.entries()) {
    for (let tick = 0; tick < 12; tick++) {
      const quiet = what === "quiet";
      const sight: BudgetSight = { subject: "pair", burning: quiet ? "urgent" : what, standing, quiet };
      for (const { severity } of alerts.step([sight], minute * 60_000 + tick * 5_000)) {
        said.push(`${minute} ${severity}`);
        standing = severity === "resolved" ? "no" : severity;
      }
    }
  }
  return said;
}

it("a budget that burns is said within 10 s, and its end a minute after it has stopped", () => {
  expect(play(["no", "urgent", "urgent", "no", "no"])).toEqual(["1 urgent", "4 resolved"]);
});

it("one that wavers about its limit each minute is said once", () => {
  expect(play(["urgent", "no", "urgent", "no", "urgent", "no", "no"])).toEqual(["0 urgent", "6 resolved"]);
});

it("what gets worse is said anew, and so is what gets better but not well", () => {
  expect(play(["warning", "urgent", "warning", "warning", "no", "no"])).toEqual([
    "0 warning",
    "1 urgent",
    "3 warning",
    "5 resolved",
  ]);
});

it("a hub that does not speak of it says nothing, neither of its beginning nor of its end", () => {
  expect(play(["quiet", "quiet"])).toEqual([]);
});
