/** The alerts that stand, as a hub tells of them: urgent ones first, then those that have stood longest. */
import { impactOf } from "../core/alert-impacts.ts";
import { runbookPath } from "../core/alert-names.ts";
import type { OpenAlerts } from "../core/open-alerts.ts";
import type { AlertsView, AlertView } from "./api.ts";

export function alertsView(machine: string, open: Pick<OpenAlerts, "list">, nowMs: number): AlertsView {
  const alerts = open
    .list()
    .toSorted((a, b) => rank(a.severity) - rank(b.severity) || a.sinceMs - b.sinceMs)
    .flatMap(({ name, severity, subject, sinceMs, message }): AlertView[] => {
      if (severity === "resolved") return [];
      const impact = impactOf(name);
      const runbook = runbookPath(name);
      return [{ name, severity, subject, since: instant(sinceMs), message, ...(impact && { impact }), runbook }];
    });
  return { machine, now: instant(nowMs), alerts };
}

const rank = (severity: string) => (severity === "urgent" ? 0 : 1);
const instant = (wallMs: number) => new Date(wallMs).toISOString();
