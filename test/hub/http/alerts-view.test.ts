import { expect, it } from "vitest";
import { OpenAlerts } from "../../../hub/core/open-alerts.ts";
import { alertsView } from "../../../hub/http/alerts-view.ts";
import { AlertsView } from "../../../hub/http/api.ts";

const alert = (wallMs: number, name: string, severity: "urgent" | "warning" | "resolved", message = "") =>
  ({ kind: "alert", at: { wallMs, counter: 0 }, severity, name, subject: "pc2", message }) as const;

it("tells the alerts that stand, urgent ones first, each since it was first said and in its newest words", () => {
  const open = new OpenAlerts();
  open.note(alert(1_000, "witness-silent", "warning"));
  open.note(alert(2_000, "machine-lost", "urgent", "its hub does not answer"));
  open.note(alert(9_000, "machine-lost", "urgent", "nothing of it answers"));
  open.note(alert(3_000, "nats-lost", "urgent"));
  open.note(alert(4_000, "nats-lost", "resolved"));
  const view = AlertsView.parse(alertsView("mainpc", open, 10_000));
  expect(view.alerts).toEqual([
    {
      name: "machine-lost",
      severity: "urgent",
      subject: "pc2",
      since: "1970-01-01T00:00:02.000Z",
      message: "nothing of it answers",
      impact: "Nothing on that machine answers; what has a standby acts on the other one, the rest is away.",
      runbook: "docs/runbooks/machine-lost.md",
    },
    expect.objectContaining({ name: "witness-silent", since: "1970-01-01T00:00:01.000Z" }),
  ]);
});

it("an alert that ended and is raised again stands since then", () => {
  const open = new OpenAlerts();
  for (const [atMs, severity] of [
    [1_000, "urgent"],
    [2_000, "resolved"],
    [5_000, "urgent"],
  ] as const)
    open.note(alert(atMs, "machine-lost", severity));
  expect(alertsView("mainpc", open, 10_000).alerts.map(({ since }) => since)).toEqual(["1970-01-01T00:00:05.000Z"]);
});
