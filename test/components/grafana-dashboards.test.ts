import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { dashboards, renderDashboard } from "../../components/grafana-dashboards.ts";
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
    const rules = queries.map(({ expr }, i) => ({ record: `query_${i}`, expr }));
    writeFileSync(join(folder, "rules.yml"), stringify({ groups: [{ name: "queries", rules }] }));
    const said = execFileSync(promtool, ["check", "rules", join(folder, "rules.yml")], { encoding: "utf8" });
    expect(said).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it.each(dashboards)(
    "$uid has panels that lie beside each other in 24 columns, and one source of data",
    (dashboard) => {
      const { uid, panels } = JSON.parse(renderDashboard(dashboard)) as {
        uid: string;
        panels: { id: number; datasource: { uid: string }; gridPos: { x: number; y: number; w: number; h: number } }[];
      };
      expect(uid).toBe(dashboard.uid);
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      expect(panels.every(({ datasource }) => datasource.uid === "tandem-prometheus")).toBe(true);
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
    },
  );
});
