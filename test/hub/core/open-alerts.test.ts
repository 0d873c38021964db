import { describe, expect, it } from "vitest";
import { OpenAlerts } from "../../../hub/core/open-alerts.ts";
import type { Alert } from "../../../hub/core/record.ts";

const word = (wallMs: number, name: string, severity: Alert["severity"]): Alert => ({
  kind: "alert",
  at: { wallMs, counter: 0 },
  severity,
  name,
  subject: "pc2",
  message: "",
});

it("a note ends no alert and opens none, whatever its name and severity", () => {
  const alerts = new OpenAlerts();
  alerts.note(word(1, "hub-lost", "urgent"));
  alerts.note(word(2, "link-lost", "resolved"));
  alerts.note(word(3, "hub-started", "urgent"));
  expect(alerts.list().map(({ name, sinceMs }) => [name, sinceMs])).toEqual([["hub-lost", 1]]);
  expect(alerts.isOpen("hub-started", "pc2")).toBe(false);
});

describe("alerts about more than there is", () => {
  const alert = (i: number, severity: Alert["severity"], wallMs = 1): Alert => {
    return { kind: "alert", at: { wallMs, counter: 0 }, severity, name: "odd", subject: `s${i}`, message: "m" };
  };

  it("are kept up to 10,000, where those that have ended make room", () => {
    const alerts = new OpenAlerts();
    for (let i = 0; i < 10_000; i++) expect(alerts.note(alert(i, "warning"))).toBe(true);
    expect([alerts.note(alert(10_000, "warning")), alerts.list().length]).toEqual([false, 10_000]);
    expect(alerts.note(alert(0, "resolved", 2))).toBe(true);
    expect([alerts.note(alert(10_000, "warning")), alerts.list().length]).toEqual([true, 10_000]);
    expect(alerts.isOpen("odd", "s10000")).toBe(true);
  });

  it("are not kept when their name and subject are longer than any, and their message is cut", () => {
    const alerts = new OpenAlerts();
    expect(alerts.note({ ...alert(1, "urgent"), subject: "x".repeat(300) })).toBe(false);
    expect(alerts.note({ ...alert(1, "urgent"), message: "x".repeat(9_000) })).toBe(true);
    expect(alerts.list()[0]?.message).toHaveLength(2_000);
  });
});
