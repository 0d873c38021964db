/** Renders a dashboard as the file that Grafana reads. */
import { runbookPath } from "../hub/core/alert-names.ts";
import { chosenDatasource, type GridPos, type Panel, panelJson } from "./grafana-panels.ts";
import { pageOf } from "./prometheus-rules.ts";

/** In prometheus's own words, as its source of data is known to dashboards. */
export const datasourceUid = "tandem-prometheus";

/** What a reader chooses above the panels, of the values of a label; all of them at first. */
export interface Choice {
  /** Of the variable, and of the label. */
  name: string;
  title: string;
  /** Series whose label is looked at. */
  series: string;
}

export interface Dashboard {
  /** Links lead by it, so it stays. */
  uid: string;
  title: string;
  /** @default none */
  choices?: readonly Choice[];
  panels: readonly Panel[];
}

export interface DashboardArgs {
  /** What stands before `docs/runbooks/…`. @default "", no links to runbooks @example "https://git.example/tandem/blob/main/" */
  runbooks?: string;
}

export function renderDashboard(
  { uid, title, choices = [], panels }: Dashboard,
  { runbooks = "" }: DashboardArgs = {},
) {
  const page = runbooks === "" ? undefined : pageOf(runbooks);
  const runbook = page?.(runbookPath(`\${__data.fields.alert}`));
  const placed = place(panels);
  const json = {
    uid,
    title,
    tags: ["tandem"],
    schemaVersion: 41,
    editable: false,
    refresh: "15s",
    time: { from: "now-6h", to: "now" },
    timezone: "browser",
    // What happened at once is seen at once.
    graphTooltip: 1,
    templating: { list: [datasourceVariable, ...choices.map(variable)] },
    annotations: { list: [] },
    links: [
      { ...link, type: "dashboards", title: "Tandem", tags: ["tandem"], keepTime: true },
      ...(page === undefined
        ? []
        : [{ ...link, type: "link", title: "Runbooks", url: page(runbookPath("README")), targetBlank: true }]),
    ],
    panels: placed.map(([panel, gridPos], index) => panelJson(panel, index + 1, gridPos, runbook)),
  };
  return `${JSON.stringify(json, null, 1)}\n`;
}

const link = {
  icon: "doc",
  tooltip: "",
  tags: [],
  asDropdown: false,
  includeVars: false,
  keepTime: false,
  targetBlank: false,
};

/** Any Prometheus of the Grafana, its own one at first. */
const datasourceVariable = {
  name: "datasource",
  label: "Data",
  type: "datasource",
  query: "prometheus",
  current: { text: "Prometheus", value: datasourceUid },
};

function variable({ name, title, series }: Choice) {
  return {
    name,
    label: title,
    type: "query",
    datasource: chosenDatasource,
    definition: valuesOf(series, name),
    query: { qryType: 1, query: valuesOf(series, name), refId: name },
    // When the time range changes: machines come and go.
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: ".*",
    current: { text: ["All"], value: ["$__all"] },
  };
}

const valuesOf = (series: string, label: string) => `label_values(${series}, ${label})`;

/** Left to right in rows of 24 columns. */
function place(panels: readonly Panel[]): [Panel, GridPos][] {
  let [x, y, tallest] = [0, 0, 0];
  return panels.map((panel) => {
    const { width: w, height: h } = panel;
    if (x + w > 24) [x, y, tallest] = [0, y + tallest, 0];
    const at = { x, y, w, h };
    x += w;
    tallest = Math.max(tallest, h);
    return [panel, at];
  });
}
