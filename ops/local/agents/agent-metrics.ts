/** What one agent counts about itself, in a registry of its own: the same text is pushed and served. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { PushOutcome } from "./hub-choice.ts";

const revisionName = "tandem_agent_hub_revision";
const pushesName = "tandem_agent_pushes_total";

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
  /** These two are there only while the agent has a hub file. */
  readonly #revision = new Gauge({
    name: revisionName,
    help: "Revision of the hub file that the agent follows.",
    registers: [],
  });
  readonly #pushes = new Counter({
    name: pushesName,
    help: "Pushes to one hub by the hub file, by what became of them.",
    labelNames: ["hub", "outcome"],
    registers: [],
  });

  /** @param startedAt seconds since the epoch */
  constructor(startedAt: number) {
    new Gauge({
      name: "agent_up_since_seconds",
      help: "When the agent started, in seconds since the epoch.",
      registers: [this.registry],
    }).set(startedAt);
  }

  /** @param revision of the hub file from here on; undefined: it has none */
  followHubFile(revision: number | undefined): void {
    if (revision === undefined) {
      for (const name of [revisionName, pushesName]) this.registry.removeSingleMetric(name);
      return;
    }
    this.#revision.set(revision);
    for (const metric of [this.#revision, this.#pushes]) this.registry.registerMetric(metric);
  }

  /** Counts a push by the hub file. */
  pushed(hub: string, outcome: PushOutcome): void {
    this.#pushes.inc({ hub, outcome });
  }

  /** Counts a request and how long its answer took. */
  answered(socket: "service" | "health" | "http", startedMs: number): void {
    this.#requests.inc({ socket });
    this.#duration.observe((performance.now() - startedMs) / 1000);
  }
}
