import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { alertName } from "../../components/prometheus-alerts.ts";
import { type AlertingRule, prometheusRules, renderPrometheusRules } from "../../components/prometheus-rules.ts";
import { alertSeverities } from "../../hub/core/alert-names.ts";
import { knownMetrics } from "../../ops/metrics/known-metrics.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { ruleTests } from "./prometheus-rule-tests.ts";

const root = join(import.meta.dirname, "../..");
const groups = prometheusRules({ recorded: ["queue_depth"] });
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.flatMap((rule): AlertingRule[] => ("alert" in rule ? [rule] : []));

describe("rules.yml", () => {
  it("uses no metric that nothing shows, and no series that no earlier rule records", () => {
    const known = new Set(knownMetrics().flatMap(({ metrics }) => metrics.map(({ name }) => name)));
    const there = new Set([...known, "up", "queue_depth"]);
    const missing: string[] = [];
    for (const rule of rules) {
      missing.push(...namesIn(rule.expr).filter((name) => !there.has(name)));
      if ("record" in rule) there.add(rule.record);
    }
    expect(missing).toEqual([]);
  });

  it("has an alert for each that a hub raises, of the severity that they say, with the same runbook", () => {
    const names = Object.keys(alertSeverities).filter((name) => name !== "budget-burning");
    for (const name of names) {
      const alert = alerts.find((candidate) => candidate.alert === alertName(name));
      expect(alert?.labels).toEqual({ severity: "{{ $labels.severity }}" });
      expect(alert?.annotations.runbook_url).toBe(`docs/runbooks/${name}.md`);
    }
  });

  it("has the burn rules in the place of the hubs' budget-burning, with that label and runbook", () => {
    const burn = alerts.filter(({ labels }) => labels.alert === "budget-burning");
    expect(burn.map(({ alert }) => alert)).toEqual(["TandemObjectiveBurning", "TandemObjectiveBurningSlowly"]);
    for (const { annotations } of burn) expect(annotations.runbook_url).toBe("docs/runbooks/budget-burning.md");
    expect(alerts.map(({ alert }) => alert)).not.toContain(alertName("budget-burning"));
  });

  it("gives each alert a name of its own, a summary, a description and a page that is there", () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { alert, annotations } of alerts) {
      expect(
        Object.values(annotations).every((text) => text.length > 10),
        alert,
      ).toBe(true);
      const [path = "", anchor] = annotations.runbook_url.split("#");
      expect(existsSync(join(root, path)), path).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(path), `${path}#${anchor}`).toContain(anchor);
    }
  });

  it("leads to the runbooks of the site's own place, with or without a slash at its end", () => {
    for (const runbooks of ["https://git.example/main", "https://git.example/main/"])
      expect(renderPrometheusRules({ runbooks })).toContain("https://git.example/main/docs/runbooks/hub-lost.md");
  });

  it("is what `promtool test rules` says that it is, and is found out when it is not", async () => {
    const promtool = await ensureTool("promtool", () => {});
    const names = groups.map(({ name }) => name);
    const tests = stringify(ruleTests(names, alerts), { lineWidth: 0 });
    const run = (text: string) => {
      const folder = mkdtempSync(join(tmpdir(), "tandem-rules-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      writeFileSync(join(folder, "rules.yml"), text);
      writeFileSync(join(folder, "test.yml"), tests);
      return execFileSync(promtool, ["test", "rules", join(folder, "test.yml")], { encoding: "utf8", stdio: "pipe" });
    };
    const text = renderPrometheusRules({ recorded: ["queue_depth"] });
    expect(run(text)).toContain("SUCCESS");
    expect(() => run(text.replace("> 14.4", "> 20"))).toThrow(/TandemObjectiveBurning/);
  });
});

const namesIn = (expr: string) =>
  [...expr.replace(/"[^"]*"/g, "").matchAll(/\b(?:tandem|fleet|up|queue_depth)[a-z0-9_:]*/g)]
    .map(([name]) => name)
    .filter((name) => name !== "tandem_replica");

/** As GitHub and its like make them. */
const anchorsOf = (path: string) =>
  [...readFileSync(join(root, path), "utf8").matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
