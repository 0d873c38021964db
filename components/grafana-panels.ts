/** Writes a panel as Grafana reads it: what it asks, and how each kind of panel shows the answer. */

/** What a panel asks of: the dashboard's variable, so that a Grafana with another Prometheus can show it too. */
export const chosenDatasource = { type: "prometheus", uid: `\${datasource}` };

/** The first one, and from which value on another. @example ["green", [1, "red"]] */
export type Colours = readonly [first: string, ...then: (readonly [from: number, colour: string])[]];

/** A value that stands for something, or all from a value on. */
export interface Name {
  value: number;
  text: string;
  colour: string;
  /** So are all that are larger. @default false */
  andAbove?: boolean;
}

export interface Query {
  expr: string;
  /** What its series are called. @example "{{machine}}" */
  legend: string;
}

export interface Panel {
  title: string;
  /** What a reader cannot see, in a sentence or two. @default none */
  about?: string;
  type: "stat" | "timeseries" | "state-timeline" | "bargauge" | "table";
  /** Of 24 columns. */
  width: number;
  height: number;
  /** As Grafana calls it. @default "short" */
  unit?: string;
  /** Top of the axis. @default by the largest value */
  max?: number;
  colours?: Colours;
  /** @default none */
  names?: readonly Name[];
  queries: Query[];
}

/** Where a panel lies. */
export interface GridPos {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** @param runbook of the alert that a table's row names; undefined without a place where runbooks are */
export function panelJson(panel: Panel, id: number, gridPos: GridPos, runbook: string | undefined) {
  const { title, about, type, queries } = panel;
  return {
    id,
    title,
    ...(about === undefined ? {} : { description: about }),
    type,
    datasource: chosenDatasource,
    gridPos,
    targets: queries.map((query, at) => target(query, at, type)),
    fieldConfig: {
      defaults: fieldDefaults(panel),
      overrides: type === "table" && runbook !== undefined ? [linked("alert", runbook)] : [],
    },
    ...(type === "table" ? { transformations: [onlyLabels] } : {}),
    options: options(panel),
  };
}

/** Only a graph needs the past; the others show what is now. */
function target({ expr, legend }: Query, at: number, type: Panel["type"]) {
  const past = type === "timeseries" || type === "state-timeline";
  return {
    refId: String.fromCharCode(65 + at),
    datasource: chosenDatasource,
    editorMode: "code",
    expr,
    legendFormat: legend,
    range: past,
    instant: !past,
    ...(type === "table" ? { format: "table" } : {}),
  };
}

function fieldDefaults({ type, unit = "short", max, colours, names }: Panel) {
  const lines = type === "timeseries";
  return {
    unit,
    // Nothing here is below 0, and an axis that begins elsewhere shows a ripple as a mountain.
    ...(lines || type === "bargauge" ? { min: 0 } : {}),
    ...(max === undefined ? {} : { max }),
    ...(names === undefined ? {} : { mappings: names.map(mapping) }),
    color: { mode: lines ? "palette-classic" : "thresholds" },
    // A colour that is neither good nor bad, where nothing says which it is.
    thresholds: thresholds(colours ?? ["blue"]),
    ...(lines
      ? {
          custom: {
            fillOpacity: 10,
            showPoints: "auto",
            spanNulls: false,
            thresholdsStyle: { mode: colours ? "dashed" : "off" },
          },
        }
      : {}),
    ...(type === "state-timeline" ? { custom: { fillOpacity: 80, lineWidth: 0 } } : {}),
  };
}

function options({ type, colours, names }: Panel) {
  const reduceOptions = { calcs: ["lastNotNull"], fields: "", values: false };
  const legend = { showLegend: true, displayMode: "list", placement: "bottom", calcs: [] };
  switch (type) {
    case "stat":
      // A single value has no past that could be drawn behind it.
      return { colorMode: colours || names ? "background" : "value", graphMode: "none", reduceOptions };
    case "bargauge":
      return { displayMode: "basic", orientation: "horizontal", reduceOptions };
    case "timeseries":
      return { legend, tooltip: { mode: "multi", sort: "desc" } };
    case "state-timeline":
      // Its rows are named and its states have words.
      return {
        mergeValues: true,
        showValue: "never",
        rowHeight: 0.8,
        legend,
        tooltip: { mode: "single", sort: "none" },
      };
    case "table":
      return { showHeader: true, cellHeight: "sm" };
  }
}

function mapping({ value, text, colour, andAbove = false }: Name, index: number) {
  const result = { text, color: colour, index };
  return andAbove
    ? { type: "range", options: { from: value, to: null, result } }
    : { type: "value", options: { [value]: result } };
}

function thresholds([first, ...then]: Colours) {
  const steps = [{ color: first, value: null }, ...then.map(([value, color]) => ({ color, value }))];
  return { mode: "absolute", steps };
}

/** The row is there or it is not: its labels tell all. */
const onlyLabels = { id: "organize", options: { excludeByName: { Time: true, Value: true, __name__: true } } };

function linked(column: string, url: string) {
  const link = { title: "Runbook", url, targetBlank: true };
  return { matcher: { id: "byName", options: column }, properties: [{ id: "links", value: [link] }] };
}
