/** Renders rules.yml: recorded series in which the replicas are one, and the alerts that a Prometheus raises about the pair. */
import { stringify } from "yaml";
import { burnAlerts, hubAlerts, watchAlerts } from "./prometheus-alerts.ts";
import { replicaLabel } from "./prometheus-conf.ts";

export interface PrometheusRulesArgs {
  /** What stands before `docs/runbooks/…` in `runbook_url`. @default "", the files of this repository @example "https://git.example/tandem/blob/main/" */
  runbooks?: string;
  /** Names of pushed metrics that are recorded once, as `fleet:<name>:max`, of the places that each stands in. @default none @example ["queue_depth"] */
  recorded?: readonly string[];
}

export interface RecordingRule {
  record: string;
  expr: string;
}

export interface AlertingRule {
  alert: string;
  expr: string;
  for?: string;
  /** Severity is `urgent`, `warning` or `none`; what the hubs say has theirs. `alert` names the hubs' alert where a rule is of another name. */
  labels: { severity: string; alert?: string };
  annotations: { summary: string; description: string; runbook_url: string };
}

export interface RuleGroup {
  name: string;
  rules: (RecordingRule | AlertingRule)[];
}

export function renderPrometheusRules(args: PrometheusRulesArgs): string {
  const text = stringify({ groups: prometheusRules(args) }, { lineWidth: 0 });
  return `# Written by tandem; changes are overwritten by the next pulumi up.\n${text}`;
}

/** Later groups use what earlier ones record. */
export function prometheusRules({ runbooks = "", recorded = [] }: PrometheusRulesArgs = {}): RuleGroup[] {
  const page = pageOf(runbooks);
  return [
    { name: "tandem-pair", rules: pairRules },
    { name: "tandem-fleet", rules: [...agentRules, ...recorded.map(fleetRule)] },
    { name: "tandem-hubs-say", rules: hubAlerts(page) },
    { name: "tandem-watch", rules: watchAlerts(page) },
    { name: "tandem-objectives", rules: burnAlerts(page) },
  ];
}

/** Where the files of this repository are read. @param runbooks as in the arguments */
export function pageOf(runbooks: string): (path: string) => string {
  const base = runbooks === "" || runbooks.endsWith("/") ? runbooks : `${runbooks}/`;
  return (path) => `${base}${path}`;
}

/** Of what a hub tells of the pair: which hub was asked is no part of it. */
const ofPair = `without (instance, job, ${replicaLabel})`;
/** Of what was pushed: job and instance are those of whoever pushed. */
const ofPushed = `without (${replicaLabel})`;

/** Both hubs tell the same while they hear each other; then the worse of two is what somebody should look at. */
const pairRules: RecordingRule[] = [
  { record: "tandem:alert_standing:max", expr: `max ${ofPair} (tandem_alert_standing)` },
  { record: "tandem:agent_health:max", expr: `max ${ofPair} (tandem_agent_health)` },
  { record: "tandem:agents:sum", expr: "sum by (machine, health) (tandem:agent_health:max)" },
  { record: "tandem:agent_scrape_up:max", expr: `max ${ofPair} (tandem_agent_scrape_up)` },
  { record: "tandem:machine_verdict:max", expr: `max ${ofPair} (tandem_machine_verdict)` },
  { record: "tandem:in_sync:min", expr: `min ${ofPair} (tandem_in_sync)` },
  { record: "tandem:ledger_missing_records:max", expr: `max ${ofPair} (tandem_ledger_missing_records)` },
  // Of its own machine each.
  { record: "tandem:uncopied_records:sum", expr: `sum ${ofPair} (tandem_uncopied_records)` },
  { record: "tandem:service_epoch:max", expr: `max ${ofPair} (tandem_service_epoch)` },
  { record: "tandem:service_state:max", expr: `max ${ofPair} (tandem_service_state)` },
  { record: "tandem:groups:max", expr: `max ${ofPair} (tandem_groups)` },
  { record: "tandem:series:max", expr: `max ${ofPair} (tandem_series)` },
  // Each counts the pushes that it took.
  { record: "tandem:pushes:rate5m", expr: `sum ${ofPair} (rate(tandem_pushes_total[5m]))` },
  { record: "tandem:objective_burn_rate:max", expr: `max ${ofPair} (tandem_objective_burn_rate)` },
];

const agentRules: RecordingRule[] = [
  { record: "tandem:agent_hub_revision:max", expr: `max ${ofPushed} (tandem_agent_hub_revision)` },
  { record: "tandem:agent_pushes:rate5m", expr: `max ${ofPushed} (rate(tandem_agent_pushes_total[5m]))` },
];

function fleetRule(name: string): RecordingRule {
  return { record: `fleet:${name}:max`, expr: `max ${ofPushed} (${name})` };
}
