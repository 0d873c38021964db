/** The router's own metrics in Prometheus text; every name begins with `tandem_router_`. */
import { Counter, Gauge, Registry } from "prom-client";
import type { FailureKind, RouteView } from "../core/router/word.ts";
import type { RequestOutcome } from "./http-front.ts";

export class RouterMetrics {
  readonly registry = new Registry();
  readonly #requests: Counter;
  readonly #retries: Counter;
  readonly #failures: Counter;
  readonly #words: Counter;
  readonly #turnedAway: Counter;

  constructor(routes: () => RouteView[]) {
    const registers = [this.registry];
    const counter = (name: string, help: string, ...labelNames: string[]) =>
      new Counter({ name: `tandem_router_${name}`, help, labelNames, registers });
    this.#requests = counter("requests_total", "HTTP requests that ended, by how.", "service", "outcome");
    this.#retries = counter(
      "retries_total",
      "HTTP requests sent a second time after their connection broke.",
      "service",
    );
    this.#failures = counter(
      "target_failures_total",
      "Connections that a target did not take or gave up.",
      "service",
      "why",
    );
    this.#words = counter("words_total", "Words of who acts, by whether they were taken.", "outcome");
    this.#turnedAway = counter(
      "refused_connections_total",
      "Connections closed because their address had too many already, or all together had.",
      "service",
    );
    const gauge = (name: string, help: string, read: (view: RouteView) => number) =>
      new Gauge({
        name: `tandem_router_${name}`,
        help,
        labelNames: ["service"],
        registers,
        collect() {
          for (const view of routes()) this.set({ service: view.service }, read(view));
        },
      });
    gauge("open", "Whether clients are carried.", ({ held }) => (held === null ? 1 : 0));
    gauge("epoch", "Highest epoch heard; 0 when none was.", ({ epoch }) => epoch ?? 0);
    gauge("connections", "Open connections of clients.", ({ connections }) => connections);
    gauge("waiting", "Clients that wait for an instance.", ({ waiting }) => waiting);
    gauge("draining", "Requests and connections that still use a replaced target.", ({ draining }) => draining);
    gauge("broken", "Whether the target is left alone because it failed.", ({ broken }) => (broken ? 1 : 0));
  }

  ended(service: string, outcome: RequestOutcome): void {
    this.#requests.inc({ service, outcome });
  }

  retried(service: string): void {
    this.#retries.inc({ service });
  }

  failed(service: string, why: FailureKind): void {
    this.#failures.inc({ service, why });
  }

  turnedAway(service: string): void {
    this.#turnedAway.inc({ service });
  }

  words(taken: number, refused: number): void {
    this.#words.inc({ outcome: "taken" }, taken);
    this.#words.inc({ outcome: "refused" }, refused);
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
