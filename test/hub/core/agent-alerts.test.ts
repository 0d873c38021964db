import { expect, it } from "vitest";
import { AgentAlerts, type AlertSight } from "../../../hub/core/agent-alerts.ts";
import { OpenAlerts } from "../../../hub/core/open-alerts.ts";
import type { Alert } from "../../../hub/core/record.ts";

const well: AlertSight = { id: "mainpc/A", health: "healthy", quiet: false, open: false };
const ill: AlertSight = { ...well, health: "unhealthy" };

/** What is said at each moment; `at` is in ms. */
function play(...moments: [at: number, sight: AlertSight][]): string[] {
  const alerts = new AgentAlerts();
  return moments.map(([at, sight]) => alerts.step([sight], at).map(({ severity }) => severity)[0] ?? "-");
}

it("an agent that is unhealthy for 5 s is worth an alert until it stands, and its end when it is well again", () => {
  expect(
    play(
      [0, well],
      [1_000, ill],
      [5_999, ill],
      [6_000, ill],
      [7_000, ill],
      [8_000, { ...ill, open: true }],
      [9_000, { ...well, open: true }],
      [10_000, well],
    ),
  ).toEqual(["-", "-", "-", "urgent", "urgent", "-", "resolved", "-"]);
});

it("a quiet agent is given 5 s of its own once it is quiet no more, and a standing alert stays open meanwhile", () => {
  const quiet = { ...ill, quiet: true };
  expect(play([0, ill], [4_000, quiet], [20_000, quiet], [21_000, ill], [25_999, ill], [26_000, ill])).toEqual([
    "-",
    "-",
    "-",
    "-",
    "-",
    "urgent",
  ]);
  expect(play([0, { ...quiet, open: true }], [9_000, { ...ill, health: "unknown", open: true }])).toEqual(["-", "-"]);
});

it("of two words on a subject the newer one counts, in whatever order they come", () => {
  const alert = (wallMs: number, severity: Alert["severity"]): Alert => ({
    kind: "alert",
    at: { wallMs, counter: 0 },
    severity,
    name: "agent-unhealthy",
    subject: "mainpc/A",
    message: "",
  });
  const alerts = new OpenAlerts();
  alerts.note(alert(2, "resolved"));
  alerts.note(alert(1, "urgent"));
  expect(alerts.isOpen("agent-unhealthy", "mainpc/A")).toBe(false);
  alerts.note(alert(3, "urgent"));
  expect(alerts.isOpen("agent-unhealthy", "mainpc/A")).toBe(true);
  expect(alerts.list()).toHaveLength(1);
});

it("an alert that stood and was ended while the agent was unhealthy all the time is said again, and said to be so once", () => {
  const alerts = new AgentAlerts();
  const step = (at: number, open: boolean) => alerts.step([{ ...ill, open }], at);
  step(0, false);
  step(6_000, true);
  expect(step(6_500, false)).toEqual([{ id: "mainpc/A", severity: "urgent", again: true }]);
  expect(step(7_000, false)).toEqual([{ id: "mainpc/A", severity: "urgent" }]);
  alerts.step([{ ...well, open: false }], 8_000);
  expect(step(9_000, false)).toEqual([]);
});
