/** What the supervisor says of itself on `GET /metrics`. */
import { Counter, Gauge, Registry } from "prom-client";
import type { SupervisedService } from "../core/supervisor/word.ts";

export class SupervisorMetrics {
  readonly contentType: string;
  readonly registry = new Registry();
  readonly #refused = new Counter({
    name: "tandem_supervisor_refused_words_total",
    help: "Words of an epoch that was over.",
    registers: [this.registry],
  });
  readonly #deeds = new Counter({
    name: "tandem_supervisor_deeds_total",
    help: "Starts and stops of services, by how they went.",
    labelNames: ["deed", "outcome"] as const,
    registers: [this.registry],
  });
  readonly #running = new Gauge({
    name: "tandem_supervisor_service_running",
    help: "1 while this machine's instance runs.",
    labelNames: ["service"] as const,
    registers: [this.registry],
  });
  readonly #epoch = new Gauge({
    name: "tandem_supervisor_service_epoch",
    help: "Highest epoch that was heard of.",
    labelNames: ["service"] as const,
    registers: [this.registry],
  });

  constructor(version: string) {
    this.contentType = this.registry.contentType;
    new Gauge({
      name: "tandem_supervisor_info",
      help: "1, with the version.",
      labelNames: ["version"] as const,
      registers: [this.registry],
    }).set({ version }, 1);
  }

  refused(count: number): void {
    this.#refused.inc(count);
  }

  done(deed: "start" | "stop", ok: boolean): void {
    this.#deeds.inc({ deed, outcome: ok ? "ok" : "failed" });
  }

  text(services: readonly SupervisedService[]): Promise<string> {
    for (const { service, running, epoch } of services) {
      this.#running.set({ service }, running ? 1 : 0);
      this.#epoch.set({ service }, epoch);
    }
    return this.registry.metrics();
  }
}
