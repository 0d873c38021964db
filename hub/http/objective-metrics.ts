/** Metrics of the objectives: what is promised, what was kept, how much budget is left, and how fast it burns. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { ObjectivesView, ObjectiveView } from "./objectives-json.ts";
import { onceATurn } from "./once-a-turn.ts";

export interface ObjectiveSources {
  view(): ObjectivesView;
  /** Since the start. */
  results(objective: string): Record<"good" | "bad" | "uncounted", number>;
}

type Name = "target" | "availability" | "budget_left";

export function objectiveMetrics(registry: Registry, sources: ObjectiveSources): void {
  const objectives = onceATurn(() => sources.view().objectives);
  const ratio = (name: Name, help: string, of: (objective: ObjectiveView) => number | null) =>
    new Gauge({
      name: `tandem_objective_${name}_ratio`,
      help,
      labelNames: ["objective"],
      registers: [registry],
      collect() {
        this.reset();
        for (const objective of objectives()) {
          const value = of(objective);
          if (value !== null) this.set({ objective: objective.name }, value);
        }
      },
    });
  ratio("target", "Share of probes from outside that is to be served.", ({ target }) => target);
  ratio(
    "availability",
    "Share of probes that was served in the objective's window; absent without one.",
    ({ availability }) => availability,
  );
  ratio(
    "budget_left",
    "Share of the error budget that is left: 0 when it is used up, below when more was used.",
    ({ budgetLeft }) => budgetLeft,
  );
  new Gauge({
    name: "tandem_objective_burn_rate",
    help: "How fast the budget burns, by window: 1 uses it up just in the objective's window; absent until enough was asked to say so.",
    labelNames: ["objective", "window"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, burnRates } of objectives())
        for (const { window, rate } of burnRates) if (rate !== null) this.set({ objective: name, window }, rate);
    },
  });
  new Counter({
    name: "tandem_objective_probes_total",
    help: "Probes from outside by this hub since it started: good, bad, or uncounted in maintenance, cut off or before the first good one.",
    labelNames: ["objective", "result"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name } of objectives())
        for (const [result, count] of Object.entries(sources.results(name)))
          this.inc({ objective: name, result }, count);
    },
  });
}
