/** Metrics of the scrapes of agents by this hub: of its own, and of the peer's while the peer's hub is dead. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { ScrapeView } from "./api.ts";
import type { View } from "./view.ts";

export function scrapeMetrics(registry: Registry, view: Pick<View, "scrapes">): void {
  const labelNames = ["agent", "machine"];
  const registers = [registry];
  const gauge = (name: string, help: string, read: (scrape: ScrapeView) => number) =>
    new Gauge({
      name: `tandem_agent_scrape_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { agent, machine, scrape } of view.scrapes()) this.set({ agent, machine }, read(scrape));
      },
    });
  gauge("up", "1 when the last scrape of the agent brought metrics that are stored, 0 when it failed.", ({ ok }) =>
    ok ? 1 : 0,
  );
  gauge("duration_seconds", "How long the last scrape of the agent took.", ({ tookMs }) => tookMs / 1_000);
  gauge("samples", "Series that the last scrape of the agent brought; 0 when it failed.", ({ samples }) => samples);
  new Counter({
    name: "tandem_agent_scrape_failures_total",
    help: "Scrapes of the agent by this hub that failed, since the hub started.",
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { agent, machine, failures } of view.scrapes()) this.inc({ agent, machine }, failures);
    },
  });
}
