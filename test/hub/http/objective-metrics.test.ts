import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { objectiveMetrics } from "../../../hub/http/objective-metrics.ts";
import { objective } from "../objective.ts";

it("tells of each objective its target, availability, budget left, burn rates and probes, and nothing that is not known", async () => {
  const registry = new Registry();
  const objectives = [
    objective({ availability: 0.9995, budgetLeft: 0.5, burnRates: [{ window: "5m", rate: 2 }] }),
    objective({ name: "Twin", total: 0, availability: null, burnRates: [{ window: "5m", rate: null }] }),
  ];
  objectiveMetrics(registry, {
    view: () => ({ machine: "mainpc", now: "", objectives }),
    results: (name) => ({ good: name === "pair" ? 60 : 0, bad: 0, uncounted: 3 }),
  });
  const lines = (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines).toEqual([
    'tandem_objective_target_ratio{objective="pair"} 0.999',
    'tandem_objective_target_ratio{objective="Twin"} 0.999',
    'tandem_objective_availability_ratio{objective="pair"} 0.9995',
    'tandem_objective_budget_left_ratio{objective="pair"} 0.5',
    'tandem_objective_budget_left_ratio{objective="Twin"} 1',
    'tandem_objective_burn_rate{objective="pair",window="5m"} 2',
    'tandem_objective_probes_total{objective="pair",result="good"} 60',
    'tandem_objective_probes_total{objective="pair",result="bad"} 0',
    'tandem_objective_probes_total{objective="pair",result="uncounted"} 3',
    'tandem_objective_probes_total{objective="Twin",result="good"} 0',
    'tandem_objective_probes_total{objective="Twin",result="bad"} 0',
    'tandem_objective_probes_total{objective="Twin",result="uncounted"} 3',
  ]);
});
