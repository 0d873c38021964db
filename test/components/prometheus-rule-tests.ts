/** What rules.yml is to say of given series, as `promtool test rules` reads it. */
import type { AlertingRule } from "../../components/prometheus-rules.ts";

interface Series {
  series: string;
  values: string;
}

const hub = (machine: string) => `instance="${machine}:9000",job="hubs",tandem_replica="${machine}/hub"`;
const pushgateway = (machine: string) =>
  `instance="${machine}:9091",job="pushgateways",tandem_replica="${machine}/pushgateway"`;
const always = (series: string, value: number): Series => ({ series, values: `${value}x100` });
const ofBothHubs = (name: string, labels: string, mainpc: number, pc2: number): Series[] => [
  always(`${name}{${labels}${hub("mainpc")}}`, mainpc),
  always(`${name}{${labels}${hub("pc2")}}`, pc2),
];
const up = [...["mainpc", "pc2"].map((machine) => always(`up{${hub(machine)}}`, 1))];

/**
 * @param groups of rules.yml, in their order
 * @param alerts of rules.yml, whose annotations an alert that fires is expected with
 */
export function ruleTests(groups: readonly string[], alerts: readonly AlertingRule[]) {
  /** Holds that just these alerts fire at that time, with these labels beside their own. */
  const firing = (at: string, name: string, ...each: { labels: Record<string, string>; value?: string }[]) => {
    const rule = alerts.find(({ alert }) => alert === name);
    if (rule === undefined) throw new Error(`no alert ${name}`);
    return {
      eval_time: at,
      alertname: name,
      exp_alerts: each.map(({ labels, value = "" }) => {
        const filled = (text: string) =>
          text
            .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? "")
            .replace("{{ $value | humanize }}", value);
        const { summary, description, runbook_url } = rule.annotations;
        return {
          exp_labels: { ...labels, ...rule.labels, severity: filled(rule.labels.severity) },
          exp_annotations: { summary: filled(summary), description: filled(description), runbook_url },
        };
      }),
    };
  };
  const one = (expr: string, at: string, ...samples: { labels: string; value: number }[]) => ({
    expr,
    eval_time: at,
    exp_samples: samples,
  });
  const scene = (name: string, series: Series[], more: object) => ({
    name,
    interval: "1m",
    input_series: series,
    ...more,
  });

  const pushed = 'queue_depth{job="kitchen"';
  const burning = (windows: Record<string, number>) =>
    Object.entries(windows).flatMap(([window, rate]) =>
      ofBothHubs("tandem_objective_burn_rate", `objective="pair",window="${window}",`, rate, rate),
    );
  return {
    rule_files: ["rules.yml"],
    evaluation_interval: "1m",
    group_eval_order: groups,
    tests: [
      scene(
        "a pushed series that stands in four places is recorded once, and what both hubs say is said once",
        [
          ...[hub("mainpc"), hub("pc2"), pushgateway("mainpc"), pushgateway("pc2")].map((place) =>
            always(`${pushed},tandem_replica="${/replica="([^"]+)"/.exec(place)?.[1]}"}`, 7),
          ),
          ...ofBothHubs("tandem_agent_health", 'agent="Tutor",machine="pc2",health="healthy",', 1, 1),
          ...ofBothHubs("tandem_agent_health", 'agent="Planner",machine="pc2",health="healthy",', 1, 1),
          ...ofBothHubs("tandem_in_sync", "", 1, 0),
          ...ofBothHubs("tandem_uncopied_records", "", 3, 4),
        ],
        {
          promql_expr_test: [
            one("count(queue_depth)", "5m", { labels: "{}", value: 4 }),
            one("fleet:queue_depth:max", "5m", { labels: 'fleet:queue_depth:max{job="kitchen"}', value: 7 }),
            one("tandem:agents:sum", "5m", { labels: 'tandem:agents:sum{health="healthy",machine="pc2"}', value: 2 }),
            one("tandem:in_sync:min", "5m", { labels: "tandem:in_sync:min", value: 0 }),
            one("tandem:uncopied_records:sum", "5m", { labels: "tandem:uncopied_records:sum", value: 7 }),
          ],
        },
      ),
      scene(
        "what both hubs say stands is one alert, and so is what one of them says",
        [
          ...up,
          ...ofBothHubs("tandem_alert_standing", 'alert="hub-lost",severity="urgent",subject="pc2",', 1, 1),
          always(
            `tandem_alert_standing{alert="store-nearly-full",severity="warning",subject="mainpc",${hub("mainpc")}}`,
            1,
          ),
        ],
        {
          alert_rule_test: [
            firing("1m", "TandemHubLost", { labels: { alert: "hub-lost", subject: "pc2", severity: "urgent" } }),
            firing("1m", "TandemStoreNearlyFull", {
              labels: { alert: "store-nearly-full", subject: "mainpc", severity: "warning" },
            }),
            firing("1m", "TandemNatsLost"),
            firing("1m", "TandemWatchdog", { labels: {} }),
            firing("90m", "TandemWatchdog", { labels: {} }),
          ],
        },
      ),
      scene(
        "a hub is down after a minute without an answer, none answers when both are, and a Pushgateway is after five",
        [
          { series: `up{${hub("mainpc")}}`, values: "1x5 0x100" },
          { series: `up{${hub("pc2")}}`, values: "1x20 0x100" },
          { series: `up{${pushgateway("pc2")}}`, values: "1x5 0x100" },
        ],
        {
          alert_rule_test: [
            firing("6m", "TandemHubDown"),
            firing("7m", "TandemHubDown", {
              labels: { instance: "mainpc:9000", job: "hubs", tandem_replica: "mainpc/hub" },
            }),
            firing("20m", "TandemNoHub"),
            firing("22m", "TandemNoHub", { labels: {} }),
            firing("10m", "TandemPushgatewayDown"),
            firing("11m", "TandemPushgatewayDown", {
              labels: { instance: "pc2:9091", job: "pushgateways", tandem_replica: "pc2/pushgateway" },
            }),
          ],
        },
      ),
      scene("a Prometheus that has no hub to ask says so", [], {
        alert_rule_test: [firing("1m", "TandemNoHub", { labels: {} }), firing("1m", "TandemHubDown")],
      }),
      scene(
        "a pair that is not in sync says so after a quarter of an hour",
        [
          { series: `tandem_in_sync{${hub("mainpc")}}`, values: "1x5 0x100" },
          { series: `tandem_in_sync{${hub("pc2")}}`, values: "1x100" },
        ],
        {
          alert_rule_test: [firing("20m", "TandemNotInSync"), firing("21m", "TandemNotInSync", { labels: {} })],
        },
      ),
      scene(
        "a budget that burns at 15 for an hour is urgent",
        burning({ "5m": 15, "30m": 15, "1h": 15, "6h": 2.5, "3d": 0.2 }),
        {
          alert_rule_test: [
            firing("1m", "TandemObjectiveBurning", { labels: { objective: "pair" }, value: "15" }),
            firing("1m", "TandemObjectiveBurningSlowly"),
          ],
        },
      ),
      scene(
        "a budget of which a hub says that it burns, too, is told of once",
        [
          ...up,
          ...burning({ "5m": 15, "30m": 15, "1h": 15 }),
          ...ofBothHubs("tandem_alert_standing", 'alert="budget-burning",severity="urgent",subject="pair",', 1, 1),
        ],
        {
          promql_expr_test: [
            one('ALERTS{alertstate="firing", alertname!="TandemWatchdog"}', "5m", {
              labels:
                'ALERTS{alert="budget-burning",alertname="TandemObjectiveBurning",alertstate="firing",objective="pair",severity="urgent"}',
              value: 1,
            }),
          ],
        },
      ),
      scene(
        "one that burns at 7 for six hours is urgent, too",
        burning({ "5m": 7, "30m": 7, "1h": 7, "6h": 7, "3d": 0.6 }),
        {
          alert_rule_test: [firing("1m", "TandemObjectiveBurning", { labels: { objective: "pair" }, value: "7" })],
        },
      ),
      scene(
        "one that burnt at 15 and burns no more says nothing",
        burning({ "5m": 0, "30m": 0, "1h": 15, "6h": 7, "3d": 0.6 }),
        {
          alert_rule_test: [firing("1m", "TandemObjectiveBurning"), firing("1m", "TandemObjectiveBurningSlowly")],
        },
      ),
      scene(
        "one that burns at 1.5 for three days is a warning",
        burning({ "5m": 1.5, "30m": 1.5, "1h": 1.5, "6h": 1.5, "3d": 1.5 }),
        {
          alert_rule_test: [
            firing("1m", "TandemObjectiveBurning"),
            firing("1m", "TandemObjectiveBurningSlowly", { labels: { objective: "pair" }, value: "1.5" }),
          ],
        },
      ),
    ],
  };
}
