/** What the dashboards show of a pair, over what the rules record: the pair, the fleet, and the hubs as processes. */
import type { Dashboard } from "./grafana-dashboard-json.ts";
import type { Panel } from "./grafana-panels.ts";
import { replicaLabel } from "./prometheus-conf.ts";

const stat = (title: string, expr: string, more: Partial<Panel> = {}): Panel => ({
  title,
  type: "stat",
  width: 4,
  height: 4,
  queries: [{ expr, legend: "" }],
  ...more,
});
const graph = (title: string, expr: string, legend: string, more: Partial<Panel> = {}): Panel => ({
  title,
  type: "timeseries",
  width: 12,
  height: 8,
  queries: [{ expr, legend }],
  ...more,
});
const perHub = `{{${replicaLabel}}}`;
const noneIsWell = ["green", [1, "red"]] as const;
const noneIsBetter = ["green", [1, "yellow"]] as const;
const aYearSeconds = 365 * 86_400;
/** Of the machines that were chosen. */
const chosen = 'machine=~"$machine"';
const inHealth = (health: string) => `sum(tandem:agents:sum{health="${health}", ${chosen}}) or vector(0)`;
const slowestScrapes = `sort_desc(topk(10, max by (machine, agent) (tandem_agent_scrape_duration_seconds{${chosen}})))`;
const ofVerdict = (verdict: string, rank: number) => `tandem:machine_verdict:max{verdict="${verdict}"} * ${rank}`;
const verdicts = [ofVerdict("suspect", 1), ofVerdict("isolated", 2), ofVerdict("dead", 3), ofVerdict("unknown", 4)];

export const dashboards: readonly Dashboard[] = [
  {
    uid: "tandem-pair",
    title: "Tandem: the pair",
    panels: [
      stat("In sync", "tandem:in_sync:min", {
        about: "Whether either machine may be lost for good without losing a record.",
        names: [
          { value: 0, text: "no", colour: "red" },
          { value: 1, text: "yes", colour: "green" },
        ],
      }),
      stat("Hubs that answer", 'sum(up{job="hubs"})', { colours: ["red", [1, "yellow"], [2, "green"]] }),
      stat("Urgent alerts", 'count(tandem:alert_standing:max{severity="urgent"}) or vector(0)', {
        colours: noneIsWell,
      }),
      stat("Warnings", 'count(tandem:alert_standing:max{severity="warning"}) or vector(0)', { colours: noneIsBetter }),
      stat("Records missing", "sum(tandem:ledger_missing_records:max)", { colours: noneIsWell }),
      stat("Buffer", "min(tandem_spool_left_seconds)", {
        about: "For how long the fuller spool would take pushes at the rate of the last minutes, were NATS down.",
        unit: "s",
        colours: ["red", [3_600, "yellow"], [86_400, "green"]],
        // Without end while nothing is pushed.
        names: [{ value: aYearSeconds, text: "over a year", colour: "green", andAbove: true }],
      }),
      {
        ...stat("Alerts that stand", "tandem:alert_standing:max > 0"),
        about: "What the hubs say, damped and without what is in maintenance.",
        type: "table",
        width: 24,
        height: 6,
      },
      {
        ...graph(
          "Machines and their parts",
          `max by (machine, part) (${verdicts.join(" or ")})`,
          "{{machine}} {{part}}",
        ),
        about: "The verdict of the hubs, the worse one where they differ.",
        type: "state-timeline",
        width: 24,
        names: [
          { value: 0, text: "alive", colour: "green" },
          { value: 1, text: "suspect", colour: "yellow" },
          { value: 2, text: "isolated", colour: "orange" },
          { value: 3, text: "dead", colour: "red" },
          { value: 4, text: "unknown", colour: "blue" },
        ],
      },
      graph("Pushes, by status", "sum by (code) (tandem:pushes:rate5m)", "{{code}}", { unit: "reqps" }),
      graph("Records that the other machine has not stored", "tandem_uncopied_records", perHub),
      graph("Spool", "tandem_spool_bytes", perHub, {
        about: "What NATS has not taken yet: 0 while it is well.",
        unit: "bytes",
      }),
      graph("Records stored", "max by (origin, stream) (tandem_ledger_stored_records)", "{{origin}} {{stream}}"),
      {
        ...graph("Groups and series", "tandem:groups:max", "groups"),
        queries: [
          { expr: "tandem:groups:max", legend: "groups" },
          { expr: "tandem:series:max", legend: "series" },
        ],
      },
      graph(
        "Services away from home",
        'sum by (service, state) (tandem:service_state:max{state!="home"}) > 0',
        "{{service}}: {{state}}",
      ),
      graph("How fast budgets burn", "tandem:objective_burn_rate:max", "{{objective}} {{window}}", {
        about: "At 1 a budget is used up just in its objective's window; the lines are where people are told.",
        colours: ["green", [1, "yellow"], [6, "orange"], [14.4, "red"]],
      }),
      graph("Snapshot age", "tandem_snapshot_age_seconds", perHub, { unit: "s" }),
    ],
  },
  {
    uid: "tandem-fleet",
    title: "Tandem: the fleet",
    choices: [{ name: "machine", title: "Machine", series: "tandem:agents:sum" }],
    panels: [
      stat("Healthy", inHealth("healthy")),
      stat("Degraded", inHealth("degraded"), { colours: noneIsBetter }),
      stat("Unhealthy", inHealth("unhealthy"), { colours: noneIsWell }),
      stat("Scrapes that fail", `count(tandem:agent_scrape_up:max{${chosen}} == 0) or vector(0)`, {
        colours: noneIsBetter,
      }),
      graph("Agents, by health", `sum by (health) (tandem:agents:sum{${chosen}})`, "{{health}}"),
      graph("Unhealthy agents, by machine", `tandem:agents:sum{health="unhealthy", ${chosen}}`, "{{machine}}"),
      {
        ...stat("Agents that are not healthy", `tandem:agent_health:max{health!="healthy", ${chosen}} == 1`),
        type: "table",
        width: 12,
        height: 8,
      },
      {
        // Over a time, the ten that are slowest at each moment would be many more.
        ...graph("Slowest scrapes", slowestScrapes, "{{machine}}/{{agent}}", { unit: "s" }),
        about: "The last scrape of each agent; the ten that took longest.",
        type: "bargauge",
      },
      graph("Pushes by the hub file", "sum by (hub, outcome) (tandem:agent_pushes:rate5m)", "{{hub}} {{outcome}}", {
        about: "Of all machines: what agents say of their pushes, by hub and by what became of them.",
        unit: "reqps",
      }),
    ],
  },
  {
    uid: "tandem-hubs",
    title: "Tandem: hubs and machines",
    panels: [
      graph("Processor of each hub", "rate(tandem_hub_process_cpu_seconds_total[$__rate_interval])", perHub, {
        about: "Of one processor; a hub's threads may use more than one.",
        unit: "percentunit",
      }),
      graph("Memory of each hub", "tandem_hub_process_resident_memory_bytes", perHub, { unit: "bytes" }),
      graph("Stall of the event loop, 99th percentile", "tandem_hub_nodejs_eventloop_lag_p99_seconds", perHub, {
        unit: "s",
      }),
      graph("Open files", "tandem_hub_process_open_fds", perHub),
      graph(
        "Processor of each machine",
        "rate(tandem_machine_cpu_busy_seconds_total[$__rate_interval]) / rate(tandem_machine_cpu_seconds_total[$__rate_interval])",
        perHub,
        { about: "Of all its processors.", unit: "percentunit", max: 1 },
      ),
      graph("Memory that is left", "tandem_machine_memory_available_bytes", perHub, { unit: "bytes" }),
      graph("Disk that is taken", "tandem_machine_disk_used_bytes / tandem_machine_disk_bytes", perHub, {
        unit: "percentunit",
        max: 1,
        colours: ["green", [0.8, "yellow"], [0.9, "red"]],
      }),
      graph("Groups that a Pushgateway waits for", "tandem_pushgateway_pending_groups", perHub),
    ],
  },
];
