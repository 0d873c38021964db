import { expect, it } from "vitest";
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
