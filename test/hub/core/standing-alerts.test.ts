import { expect, it } from "vitest";
import { type ConditionSight, illAfterMs, StandingAlerts, wellAfterMs } from "../../../hub/core/standing-alerts.ts";

const nats = (is: ConditionSight["is"], open = false): ConditionSight => ({
  name: "nats-lost",
  subject: "pc2",
  is,
  message: is,
  open,
});

it("a condition is an alert after 5 s, said again until it is stored, and not when it was unclear in between", () => {
  const alerts = new StandingAlerts();
  expect(alerts.step([nats("ill")], 0)).toEqual([]);
  expect(alerts.step([nats("ill")], illAfterMs - 1)).toEqual([]);
  const urgent = { name: "nats-lost", subject: "pc2", severity: "urgent", message: "ill" };
  expect(alerts.step([nats("ill")], illAfterMs)).toEqual([urgent]);
  expect(alerts.step([nats("ill")], illAfterMs + 500)).toEqual([urgent]);
  expect(alerts.step([nats("ill", true)], illAfterMs + 1_000)).toEqual([]);
  alerts.step([nats("unclear")], 7_000);
  expect(alerts.step([nats("ill")], 8_000)).toEqual([]);
});

it("an alert that stands is over 2 s after its condition is, whoever raised it, and stays while nothing is clear", () => {
  const alerts = new StandingAlerts();
  expect(alerts.step([nats("well", true)], 0)).toEqual([]);
  expect(alerts.step([nats("unclear", true)], 60_000)).toEqual([]);
  expect(alerts.step([nats("well", true)], 61_000)).toEqual([]);
  const [turn] = alerts.step([nats("well", true)], 61_000 + wellAfterMs);
  expect(turn).toMatchObject({ severity: "resolved", name: "nats-lost" });
});
