import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { drillMetrics } from "../../../hub/http/drill-metrics.ts";

const spread = (p50: number | null) => ({ p50, p95: p50, max: p50 });
const figures = {
  runs: 4,
  lost: 0,
  breaches: [],
  detectionMs: spread(120),
  failoverMs: spread(null),
  outageMs: spread(900),
  recoveryMs: spread(2_500),
};

it("the last drill is shown in seconds, with median, 95th percentile and maximum, and nothing of it before there was one", async () => {
  const registry = new Registry();
  let last: unknown;
  drillMetrics(registry, () => last);
  expect(await registry.metrics()).not.toMatch(/^tandem_drill/m);
  last = { at: "2026-01-02T03:04:05.000Z", by: "ops@desk", figures, played: [] };
  const text = await registry.metrics();
  expect(text).toContain("tandem_drill_timestamp_seconds 1767323045");
  expect(text).toContain("tandem_drill_passed 1");
  expect(text).toContain('tandem_drill_recovery_seconds{statistic="p95"} 2.5');
  expect(text).not.toContain("tandem_drill_failover_seconds{");
  last = { ...(last as object), figures: { ...figures, breaches: ["too slow"] } };
  expect(await registry.metrics()).toContain("tandem_drill_passed 0");
  last = { at: "later", of: "another version" };
  expect(await registry.metrics()).not.toMatch(/^tandem_drill/m);
});
