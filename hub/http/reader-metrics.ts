/** Readers that were turned away because as many as there may be were being answered, by what they wanted. */
import { Counter, type Registry } from "prom-client";

/** `metrics`: the text of all metrics; `json`: the same as JSON; `listeners`: events. Since the hub started. */
export type RefusedReaders = Record<"metrics" | "json" | "listeners", number>;

export function readerMetrics(registry: Registry, refused: Readonly<RefusedReaders>): void {
  new Counter({
    name: "tandem_http_refused_requests_total",
    help: "Requests answered with 503 because as many of their kind as may be were under way, by kind (`metrics`, `json`, `listeners`), since the hub started.",
    labelNames: ["why"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [why, count] of Object.entries(refused)) this.inc({ why }, count);
    },
  });
}
