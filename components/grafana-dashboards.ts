/** Renders the dashboards that Grafana shows of a pair, over what the rules record: the pair, the fleet, and the hubs as processes. */
import { replicaLabel } from "./prometheus-conf.ts";

/** In prometheus's own words, as its source of data is known to dashboards. */
export const datasourceUid = "tandem-prometheus";

type Colours = readonly [first: string, ...then: (readonly [from: number, colour: string])[]];

interface Query {
  expr: string;
  /** What its series are called. @example "{{machine}}" */
  legend: string;
}

interface Panel {
  title: string;
  type: "stat" | "timeseries" | "table";
  /** Of 24 columns. */
  width: number;
  height: number;
  /** As Grafana calls it. @default "short" */
  unit?: string;
  /** The first one, and from which value on another. @example ["green", [1, "red"]] */
  colours?: Colours;
  queries: Query[];
}

export interface Dashboard {
  /** Links lead by it, so it stays. */
  uid: string;
  title: string;
  panels: Panel[];
}

const stat = (title: string, expr: string, more: Partial<Panel> = {}): Panel => ({
  title,
  type: "stat",
  width: 4,
  height: 4,
  queries: [{ expr, legend: "" }],
  ...more,
});
const graph = (title: string, expr: string, legend: string, unit = "short"): Panel => ({
  title,
  type: "timeseries",
  width: 12,
  height: 8,
  unit,
  queries: [{ expr, legend }],
});
const perHub = `{{${replicaLabel}}}`;
const noneIsWell: Colours = ["green", [1, "red"]];

export const dashboards: readonly Dashboard[] = [
  {
    uid: "tandem-pair",
    title: "Tandem: the pair",
    panels: [
      stat("In sync", "tandem:in_sync:min", { colours: ["red", [1, "green"]] }),
      stat("Hubs that answer", 'sum(up{job="hubs"})', { colours: ["red", [1, "yellow"], [2, "green"]] }),
      stat("Urgent alerts", 'count(tandem:alert_standing:max{severity="urgent"}) or vector(0)', {
        colours: noneIsWell,
      }),
      stat("Warnings", 'count(tandem:alert_standing:max{severity="warning"}) or vector(0)', {
        colours: ["green", [1, "yellow"]],
      }),
      stat("Records missing", "sum(tandem:ledger_missing_records:max)", { colours: noneIsWell }),
      stat("Buffer", "min(tandem_spool_left_seconds)", {
        unit: "s",
        colours: ["red", [3_600, "yellow"], [86_400, "green"]],
      }),
      {
        ...stat("Alerts that stand", "tandem:alert_standing:max > 0"),
        type: "table",
        width: 24,
        height: 6,
      },
      graph("Pushes, by status", "sum by (code) (tandem:pushes:rate5m)", "{{code}}", "reqps"),
      graph("Records that the other machine has not stored", "tandem_uncopied_records", perHub),
      graph("Spool", "tandem_spool_bytes", perHub, "bytes"),
      graph("Records stored", "max by (origin, stream) (tandem_ledger_stored_records)", "{{origin}} {{stream}}"),
      graph("Groups and series", "tandem:series:max", "series"),
      graph(
        "Services away from home",
        'sum by (service) (tandem:service_state:max{state=~"away|held|moving"})',
        "{{service}}",
      ),
      graph("How fast budgets burn", "tandem:objective_burn_rate:max", "{{objective}} {{window}}"),
      graph("Snapshot age", "tandem_snapshot_age_seconds", perHub, "s"),
    ],
  },
  {
    uid: "tandem-fleet",
    title: "Tandem: the fleet",
    panels: [
      stat("Healthy", 'sum(tandem:agents:sum{health="healthy"})'),
      stat("Degraded", 'sum(tandem:agents:sum{health="degraded"}) or vector(0)', {
        colours: ["green", [1, "yellow"]],
      }),
      stat("Unhealthy", 'sum(tandem:agents:sum{health="unhealthy"}) or vector(0)', { colours: noneIsWell }),
      stat("Scrapes that fail", "count(tandem:agent_scrape_up:max == 0) or vector(0)", {
        colours: ["green", [1, "yellow"]],
      }),
      graph("Agents, by health", "sum by (health) (tandem:agents:sum)", "{{health}}"),
      graph("Unhealthy agents, by machine", 'tandem:agents:sum{health="unhealthy"}', "{{machine}}"),
      {
        ...stat("Agents that are not healthy", 'tandem:agent_health:max{health!="healthy"} == 1'),
        type: "table",
        width: 12,
        height: 8,
      },
      graph(
        "Slowest scrapes",
        "topk(10, max by (machine, agent) (tandem_agent_scrape_duration_seconds))",
        "{{machine}}/{{agent}}",
        "s",
      ),
      graph(
        "Pushes by the hub file",
        "sum by (hub, outcome) (tandem:agent_pushes:rate5m)",
        "{{hub}} {{outcome}}",
        "reqps",
      ),
    ],
  },
  {
    uid: "tandem-hubs",
    title: "Tandem: hubs and machines",
    panels: [
      graph("Processor of each hub", "rate(tandem_hub_process_cpu_seconds_total[5m])", perHub, "percentunit"),
      graph("Memory of each hub", "tandem_hub_process_resident_memory_bytes", perHub, "bytes"),
      graph("Stall of the event loop, 99th percentile", "tandem_hub_nodejs_eventloop_lag_p99_seconds", perHub, "s"),
      graph("Open files", "tandem_hub_process_open_fds", perHub),
      graph(
        "Processor of each machine",
        "rate(tandem_machine_cpu_busy_seconds_total[5m]) / rate(tandem_machine_cpu_seconds_total[5m])",
        perHub,
        "percentunit",
      ),
      graph("Memory that is left", "tandem_machine_memory_available_bytes", perHub, "bytes"),
      graph("Disk that is taken", "tandem_machine_disk_used_bytes / tandem_machine_disk_bytes", perHub, "percentunit"),
      graph("Groups that a Pushgateway waits for", "tandem_pushgateway_pending_groups", perHub),
    ],
  },
];

/** The file of one, as Grafana reads it. */
export function renderDashboard({ uid, title, panels }: Dashboard): string {
  const placed = place(panels);
  const json = {
    uid,
    title,
    tags: ["tandem"],
    schemaVersion: 39,
    editable: false,
    refresh: "15s",
    time: { from: "now-6h", to: "now" },
    timezone: "browser",
    templating: { list: [] },
    annotations: { list: [] },
    links: [
      { type: "dashboards", title: "Tandem", tags: ["tandem"], asDropdown: false, includeVars: false, keepTime: true },
    ],
    panels: panels.map((panel, index) => panelJson(panel, index, placed[index])),
  };
  return `${JSON.stringify(json, null, 1)}\n`;
}

function panelJson({ title, type, unit = "short", colours, queries }: Panel, index: number, gridPos: unknown) {
  const datasource = { type: "prometheus", uid: datasourceUid };
  return {
    id: index + 1,
    title,
    type,
    datasource,
    gridPos,
    targets: queries.map(({ expr, legend }, at) => ({
      refId: String.fromCharCode(65 + at),
      datasource,
      expr,
      legendFormat: legend,
      ...(type === "timeseries" ? {} : { instant: true }),
      ...(type === "table" ? { format: "table" } : {}),
    })),
    fieldConfig: {
      defaults: { unit, ...(colours ? { color: { mode: "thresholds" }, thresholds: thresholds(colours) } : {}) },
      overrides: [],
    },
    options:
      type === "stat" ? { colorMode: colours ? "background" : "value", reduceOptions: { calcs: ["lastNotNull"] } } : {},
  };
}

function thresholds([first, ...then]: Colours) {
  const steps = [{ color: first, value: null }, ...then.map(([value, color]) => ({ color, value }))];
  return { mode: "absolute", steps };
}

/** Left to right in rows of 24 columns. */
function place(panels: readonly Panel[]) {
  let [x, y, tallest] = [0, 0, 0];
  return panels.map(({ width, height }) => {
    if (x + width > 24) [x, y, tallest] = [0, y + tallest, 0];
    const at = { x, y, w: width, h: height };
    x += width;
    tallest = Math.max(tallest, height);
    return at;
  });
}
