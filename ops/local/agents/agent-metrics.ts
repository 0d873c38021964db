/** What one agent counts about itself, in a registry of its own: the same text is pushed and served. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

export class AgentMetrics {
  readonly registry = new Registry();
  readonly #requests = new Counter({
    name: "agent_requests_total",
    help: "Requests that the agent took, by the socket they came to.",
    labelNames: ["socket"],
    registers: [this.registry],
  });
  readonly #duration = new Histogram({
    name: "agent_request_duration_seconds",
    help: "Time from a request to its answer.",
    buckets: [0.0005, 0.002, 0.01, 0.1],
    registers: [this.registry],
  });

  /** @param startedAt seconds since the epoch */
  constructor(startedAt: number) {
    new Gauge({
      name: "agent_up_since_seconds",
      help: "When the agent started, in seconds since the epoch.",
      registers: [this.registry],
    }).set(startedAt);
  }

  /** Counts a request and how long its answer took. */
  answered(socket: "service" | "health" | "http", startedMs: number): void {
    this.#requests.inc({ socket });
    this.#duration.observe((performance.now() - startedMs) / 1000);
  }
}
