/** The alerts of rules.yml: what the hubs say, what only somebody outside of them can see, and how fast budgets burn. */
import { alertSeverities, runbookPath } from "../hub/core/alert-names.ts";
import { hubsJob, pushgatewaysJob } from "./prometheus-conf.ts";
import type { AlertingRule } from "./prometheus-rules.ts";

/** Makes the URL of a file of this repository. */
type Page = (path: string) => string;

const meanings: Partial<Record<string, string>> = {
  "clock-offset": "The clocks of the machines differ: writes of both sides to one group are ordered within that only.",
  "certificate-expiring": "A certificate of a machine ends soon or has ended, or a new one is not in use.",
  "notifications-failing": "Notifications do not get through to a channel.",
  "snapshot-old": "A hub has not written its state down for long: a start takes longer, and old records stay.",
  "agent-unhealthy": "An agent does not answer for its health, or says that it is not well.",
  "hub-lost": "A hub is dead or stands still, and its machine lives. Its agents go on; pushes belong to the other hub.",
  "limit-nearly-reached": "What is pushed has four fifths of a limit, after which new series or groups are refused.",
  "machine-lost":
    "Nothing of the machine answers, or the hub that says so is cut off. Its services move to the other one.",
  "nats-lost": "NATS is dead, and its machine lives: pushes are spooled, and stand on one machine only.",
  "pushgateway-lost": "A Pushgateway is dead, and its machine lives. Who uses a hub notices nothing.",
  "records-missing": "Records that were stored are in no stream any more.",
  "remote-write-behind": "A store that a hub writes to has taken nothing for long.",
  "service-held": "Nobody acts for a service: its clients wait.",
  "spool-filling": "More than half of the spool is taken: when it is full, pushes are refused.",
  "store-nearly-full": "A stream has four fifths of its limit.",
  "switchover-given-up": "A planned move did not come about; the service is where it was.",
  "table-unwritten": "A hub cannot write down who owns what: nothing moves to its machine.",
  "witness-silent": "The witness does not answer: single writers do not move by themselves.",
};

/** What the hubs judge by the rates that a Prometheus has as well: told of by the burn rules alone, or people are told twice. */
const burning = "budget-burning";

/** One for each other alert of the hubs, which damp, suppress and know what is in maintenance; so it stands as long as it does there. */
export function hubAlerts(page: Page): AlertingRule[] {
  const names = Object.keys(alertSeverities).filter((name) => name !== burning);
  return names.map((name) => ({
    alert: alertName(name),
    expr: `tandem:alert_standing:max{alert="${name}"} > 0`,
    // One alert may be urgent or a warning, by how bad it is.
    labels: { severity: "{{ $labels.severity }}" },
    annotations: {
      summary: `${name}: {{ $labels.subject }}`,
      description: `${meanings[name] ?? "A hub says so."} /api/v1/alerts and the page of either hub say since when and why.`,
      runbook_url: page(runbookPath(name)),
    },
  }));
}

/** What a hub that is dead cannot say, and what it says by its silence. */
export function watchAlerts(page: Page): AlertingRule[] {
  return [
    {
      alert: "TandemHubDown",
      expr: `up{job="${hubsJob}"} == 0`,
      for: "1m",
      labels: { severity: "urgent" },
      annotations: {
        summary: "{{ $labels.tandem_replica }} does not answer",
        description:
          "Prometheus has not been answered at {{ $labels.instance }} for a minute. The other hub goes on alone.",
        runbook_url: page(runbookPath("hub-lost")),
      },
    },
    {
      alert: "TandemNoHub",
      expr: `absent(up{job="${hubsJob}"} == 1)`,
      for: "1m",
      labels: { severity: "urgent" },
      annotations: {
        summary: "No hub answers",
        description:
          "Prometheus has not been answered by either hub for a minute: nothing is taken, and nothing is told of the fleet.",
        runbook_url: page(runbookPath("machine-lost")),
      },
    },
    {
      alert: "TandemPushgatewayDown",
      expr: `up{job="${pushgatewaysJob}"} == 0`,
      for: "5m",
      labels: { severity: "warning" },
      annotations: {
        summary: "{{ $labels.tandem_replica }} does not answer",
        description:
          "Prometheus has not been answered at {{ $labels.instance }} for 5 minutes. The hubs tell the same.",
        runbook_url: page(runbookPath("pushgateway-lost")),
      },
    },
    {
      alert: "TandemNotInSync",
      expr: "tandem:in_sync:min == 0",
      for: "15m",
      labels: { severity: "warning" },
      annotations: {
        summary: "The pair has not been in sync for 15 minutes",
        description:
          "What is pushed stands on one machine only, and would be lost with it. The page of either hub says why.",
        runbook_url: page("docs/prometheus.md#tandemnotinsync"),
      },
    },
    {
      alert: "TandemWatchdog",
      expr: "vector(1)",
      labels: { severity: "none" },
      annotations: {
        summary: "Alerts of this Prometheus arrive",
        description: "Always firing. Send it to somebody who calls when it stops: then nobody watches any more.",
        runbook_url: page("docs/prometheus.md#tandemwatchdog"),
      },
    },
  ];
}

/** Of each pair the long window says that it matters, the short one that it still goes on. */
export function burnAlerts(page: Page): AlertingRule[] {
  const rate = (window: string) => `max by (objective) (tandem:objective_burn_rate:max{window="${window}"})`;
  const above = (limit: number, long: string, short: string) =>
    `(${rate(long)} > ${limit} and ${rate(short)} > ${limit})`;
  const runbook_url = page(runbookPath(burning));
  return [
    {
      alert: "TandemObjectiveBurning",
      expr: `${above(14.4, "1h", "5m")} or ${above(6, "6h", "30m")}`,
      labels: { severity: "urgent", alert: burning },
      annotations: {
        summary: "{{ $labels.objective }} uses up its error budget {{ $value | humanize }} times as fast as it may",
        description: "At 14.4 a budget of 30 days is gone in 50 hours, at 6 in 5 days.",
        runbook_url,
      },
    },
    {
      alert: "TandemObjectiveBurningSlowly",
      expr: above(1, "3d", "6h"),
      labels: { severity: "warning", alert: burning },
      annotations: {
        summary: "{{ $labels.objective }} uses up its error budget {{ $value | humanize }} times as fast as it may",
        description: "It goes on for days: at this rate the budget ends before its window does.",
        runbook_url,
      },
    },
  ];
}

/** @example "hub-lost" is "TandemHubLost" */
export const alertName = (name: string) =>
  `Tandem${name.replace(/(?:^|-)(.)/g, (_, first: string) => first.toUpperCase())}`;
