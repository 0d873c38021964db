/** Counts what came by OTLP and what became of it. */
import { Counter, type Registry } from "prom-client";
import { type RefusalReason, refusalReasons } from "../core/otlp/family-of.ts";

export interface OtlpAnswered {
  /** `partial`: some metrics were refused; `refused`: the whole request; `unavailable`: it may come again. */
  outcome: "taken" | "partial" | "refused" | "unavailable";
  /** Data points that were taken. */
  points: number;
  rejected: readonly { reason: RefusalReason; points: number }[];
}

const outcomes = ["taken", "partial", "refused", "unavailable"] as const satisfies OtlpAnswered["outcome"][];

/** @returns what is to be told of each answer */
export function otlpMetrics(registry: Registry): (answered: OtlpAnswered) => void {
  const registers = [registry];
  const requests = new Counter({
    name: "tandem_otlp_requests_total",
    help: "Requests of OTLP's exporters answered, by what became of them.",
    labelNames: ["outcome"],
    registers,
  });
  const points = new Counter({
    name: "tandem_otlp_data_points_total",
    help: "Data points that came by OTLP and were stored.",
    registers,
  });
  const rejected = new Counter({
    name: "tandem_otlp_rejected_data_points_total",
    help: "Data points of metrics that came by OTLP and were refused, by why.",
    labelNames: ["reason"],
    registers,
  });
  for (const outcome of outcomes) requests.inc({ outcome }, 0);
  for (const reason of refusalReasons) rejected.inc({ reason }, 0);
  return (answered) => {
    requests.inc({ outcome: answered.outcome });
    points.inc(answered.points);
    for (const each of answered.rejected) rejected.inc({ reason: each.reason }, each.points);
  };
}
