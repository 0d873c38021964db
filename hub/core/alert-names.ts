/** Every alert that a hub raises, by its name. Each has a runbook, docs/runbooks/<name>.md. */

/** `urgent`: somebody should look now, whatever the hour. */
export const alertSeverities = {
  "agent-unhealthy": "urgent",
  /** Where it burns slowly, a warning. */
  "budget-burning": "urgent",
  /** With more than a week left, a warning. */
  "certificate-expiring": "urgent",
  "clock-offset": "warning",
  "hub-lost": "urgent",
  "limit-nearly-reached": "warning",
  "machine-lost": "urgent",
  "nats-lost": "urgent",
  "notifications-failing": "warning",
  "pushgateway-lost": "warning",
  "records-missing": "urgent",
  "remote-write-behind": "warning",
  "service-held": "urgent",
  "snapshot-old": "warning",
  "spool-filling": "urgent",
  "store-nearly-full": "warning",
  "switchover-given-up": "warning",
  "table-unwritten": "urgent",
  "witness-silent": "warning",
} as const;

export type AlertName = keyof typeof alertSeverities;

/** Relative to the repository. */
export const runbookPath = (name: string): string => `docs/runbooks/${name}.md`;
