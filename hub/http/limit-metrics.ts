/** Metrics of what may be pushed: each limit, how much of it is used, and how often it was in somebody's way. */
import { Counter, Gauge, type Registry } from "prom-client";
import { type LimitName, limitNames, type PushLimits } from "../core/push-limits.ts";

export interface LimitGauges {
  readonly limits: PushLimits;
  /** Undefined of a limit on a single push. */
  used(limit: LimitName): number | undefined;
  readonly refusals: ReadonlyMap<LimitName, number>;
}

export function limitMetrics(registry: Registry, gauges: LimitGauges): void {
  const labelNames = ["limit"];
  const registers = [registry];
  new Gauge({
    name: "tandem_limit",
    help: "Most that may be pushed, by the limit's key in the configuration.",
    labelNames,
    registers,
    collect() {
      for (const limit of limitNames) this.set({ limit }, gauges.limits[limit]);
    },
  });
  new Gauge({
    name: "tandem_limit_used",
    help: "How much of a limit on all pushes together is used; of one by job, the most that a job has.",
    labelNames,
    registers,
    collect() {
      for (const limit of limitNames) {
        const used = gauges.used(limit);
        if (used !== undefined) this.set({ limit }, used);
      }
    },
  });
  new Counter({
    name: "tandem_limit_refusals_total",
    help: "Pushes, scrapes and groups of the Pushgateway that passed a limit and were refused, since the hub started.",
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const [limit, refusals] of gauges.refusals) this.inc({ limit }, refusals);
    },
  });
}
