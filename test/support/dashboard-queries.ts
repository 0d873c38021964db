/** What the dashboards' files ask of a Prometheus, read from them as Grafana reads them. */
import { z } from "zod";
import { renderDashboard } from "../../components/grafana-dashboard-json.ts";
import { dashboards } from "../../components/grafana-dashboards.ts";

const Target = z.object({ refId: z.string(), expr: z.string(), range: z.boolean(), instant: z.boolean() });
const Variable = z.discriminatedUnion("type", [
  z.object({ type: z.literal("datasource"), name: z.string(), query: z.literal("prometheus") }),
  z.object({ type: z.literal("query"), name: z.string(), query: z.object({ query: z.string() }) }),
]);
export const DashboardFile = z.object({
  uid: z.string(),
  title: z.string(),
  templating: z.object({ list: z.array(Variable) }),
  panels: z.array(z.object({ title: z.string(), type: z.string(), targets: z.array(Target).min(1) })).min(1),
});
export type DashboardFile = z.infer<typeof DashboardFile>;

export interface Asked {
  panel: string;
  target: z.infer<typeof Target>;
}

/** Of one label, by the series that have it. */
export interface Values {
  variable: string;
  series: string;
  label: string;
}

/**
 * Panels of what a pair that is well, has no agents running and has not been asked for long does not show, each with what it would
 * take.
 */
export const emptyPanels: Readonly<Record<string, string>> = {
  "Alerts that stand": "an alert",
  "Services away from home": "a service that moved",
  "How fast budgets burn": "a tenth of an objective's window",
  "Agents that are not healthy": "an agent that is ill",
  "Slowest scrapes": "an agent that serves metrics",
  "Pushes by the hub file": "an agent that pushes by the hub file",
};

export const dashboardFiles = (): DashboardFile[] =>
  dashboards.map((each) => DashboardFile.parse(JSON.parse(renderDashboard(each))));

export const askedOf = ({ panels }: DashboardFile): Asked[] =>
  panels.flatMap(({ title, targets }) => targets.map((target) => ({ panel: title, target })));

/** What the choices above the panels are filled from. */
export function valuesOf({ templating }: DashboardFile): Values[] {
  return templating.list.flatMap((variable) => {
    if (variable.type === "datasource") return [];
    const [, series = "", label = ""] = /^label_values\((.+), (\w+)\)$/.exec(variable.query.query) ?? [];
    if (label === "") throw new Error(`the query of the variable ${variable.name} is ${variable.query.query}`);
    return [{ variable: variable.name, series, label }];
  });
}

/** As Grafana fills in a variable of which several values are chosen. */
export function fillIn(expr: string, chosen: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(chosen).reduce(
    (text, [variable, values]) =>
      text.replaceAll(`$${variable}`, values.length === 1 ? `${values[0]}` : `(${values.join("|")})`),
    expr,
  );
}
