import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { renderDashboard } from "../../components/grafana-dashboard-json.ts";
import { dashboards } from "../../components/grafana-dashboards.ts";
import { prometheusRules } from "../../components/prometheus-rules.ts";
import { knownMetrics } from "../../ops/metrics/known-metrics.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";

const queries = dashboards.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries));

describe("the dashboards", () => {
  it("are three, with uids that links count on", () => {
    expect(dashboards.map(({ uid }) => uid)).toEqual(["tandem-pair", "tandem-fleet", "tandem-hubs"]);
  });

  it("ask for no series that nothing shows or records", () => {
    const shown = knownMetrics().flatMap(({ metrics }) => metrics.map(({ name }) => name));
    const recorded = prometheusRules().flatMap(({ rules }) =>
      rules.flatMap((rule) => ("record" in rule ? [rule.record] : [])),
    );
    const there = new Set([...shown, ...recorded, "up"]);
    const asked = queries.flatMap(({ expr }) => [
      ...expr.replace(/"[^"]*"/g, "").matchAll(/\b(?:tandem[_:]|up\b)[a-z0-9_:]*/g),
    ]);
    expect(asked.length).toBeGreaterThan(30);
    expect(asked.map(([name]) => name).filter((name) => !there.has(name))).toEqual([]);
  });

  it("ask in queries that promtool understands", async () => {
    const promtool = await ensureTool("promtool", () => {});
    const folder = mkdtempSync(join(tmpdir(), "tandem-dashboards-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const filled = (expr: string) => expr.replaceAll("$__rate_interval", "1m");
    const rules = queries.map(({ expr }, i) => ({ record: `query_${i}`, expr: filled(expr) }));
    writeFileSync(join(folder, "rules.yml"), stringify({ groups: [{ name: "queries", rules }] }));
    const said = execFileSync(promtool, ["check", "rules", join(folder, "rules.yml")], { encoding: "utf8" });
    expect(said).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it.each(dashboards)("$uid has panels that lie beside each other in 24 columns", (dashboard) => {
    const { uid, panels } = read(renderDashboard(dashboard));
    expect(uid).toBe(dashboard.uid);
    expect(panels.map(({ id }) => id)).toEqual(panels.map((_, index) => index + 1));
    const taken = new Set<string>();
    for (const {
      gridPos: { x, y, w, h },
    } of panels)
      for (let column = x; column < x + w; column++)
        for (let row = y; row < y + h; row++) {
          expect(column).toBeLessThan(24);
          expect(taken.has(`${column},${row}`)).toBe(false);
          taken.add(`${column},${row}`);
        }
  });

  it.each(dashboards)(
    "$uid asks the Prometheus that is chosen, its own one at first, and uses every choice",
    (dashboard) => {
      const { panels, templating } = read(renderDashboard(dashboard));
      const [source, ...others] = templating.list;
      expect(source).toMatchObject({ name: "datasource", type: "datasource", current: { value: "tandem-prometheus" } });
      const asked = [...panels, ...panels.flatMap(({ targets }) => targets), ...others];
      expect(new Set(asked.map(({ datasource }) => datasource?.uid))).toEqual(new Set([`\${datasource}`]));
      const used = dashboard.panels.flatMap(({ queries }) =>
        queries.flatMap(({ expr }) => expr.match(/\$[a-z]\w*/g) ?? []),
      );
      expect([...new Set(used)]).toEqual(others.map(({ name }) => `$${name}`));
    },
  );

  it("give each series of a graph a name, and a rate a time that follows the zoom", () => {
    for (const { type, queries } of dashboards.flatMap(({ panels }) => panels))
      for (const { expr, legend } of queries) {
        if (type !== "stat" && type !== "table") expect(legend).not.toBe("");
        expect(expr).not.toMatch(/\[\d+[smh]\]/);
      }
  });

  it("lead from an alert to its runbook where runbooks are somewhere, and nowhere otherwise", () => {
    const links = (text: string) => read(text).links.map(({ url }) => url);
    const alerts = (text: string) =>
      JSON.stringify(read(text).panels.find(({ title }) => title === "Alerts that stand"));
    const [pair] = dashboards;
    if (pair === undefined) throw new Error("there is no dashboard");
    const somewhere = renderDashboard(pair, { runbooks: "https://git.example/tandem" });
    expect(alerts(somewhere)).toContain(`https://git.example/tandem/docs/runbooks/\${__data.fields.alert}.md`);
    expect(links(somewhere)).toContain("https://git.example/tandem/docs/runbooks/README.md");
    const nowhere = renderDashboard(pair);
    expect([alerts(nowhere).includes("runbooks"), links(nowhere)]).toEqual([false, [undefined]]);
  });
});

interface Read {
  uid: string;
  links: { url?: string }[];
  templating: { list: { name: string; type: string; datasource?: { uid: string } }[] };
  panels: {
    id: number;
    title: string;
    datasource: { uid: string };
    gridPos: { x: number; y: number; w: number; h: number };
    targets: { datasource: { uid: string } }[];
  }[];
}

/** As this file looks at it; `as`, since it was rendered a moment ago. */
const read = (text: string) => JSON.parse(text) as Read;
