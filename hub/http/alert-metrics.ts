/** Metrics of the alerts that stand, so that a Prometheus sees what the hubs judge: damped, suppressed and without what is in maintenance. */
import { Gauge, type Registry } from "prom-client";
import type { AlertView } from "./api.ts";

export function alertMetrics(registry: Registry, standing: () => AlertView[]): void {
  new Gauge({
    name: "tandem_alert_standing",
    help: "1 for each alert that stands in the pair, as far as this hub knows.",
    labelNames: ["alert", "severity", "subject"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, severity, subject } of standing()) this.set({ alert: name, severity, subject }, 1);
    },
  });
}
