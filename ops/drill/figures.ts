/** Sums a drill up in percentiles, against the plan's bars. Pure. */
import { z } from "zod";
import { percentile } from "../migrate/samples.ts";

/** One scenario that was played once. */
export interface Played {
  scenario: string;
  machine: string;
  /** ISO 8601 in UTC. */
  at: string;
  /** From the fault until the other machine's hub said so, ms; null when it did not. */
  detectionMs: number | null;
  /** From the fault until another machine owned the last service that moved, ms; null when none moved. */
  failoverMs: number | null;
  /** Longest time in which a client with both addresses got no answer, ms. */
  outageMs: number;
  /** From the fault's end until the pair was whole again, ms; null when it was not within the deadline. */
  recoveryMs: number | null;
  /** Numbered pushes that were answered with 200. */
  acknowledged: number;
  /** Of those, the ones that a hub's ledger misses; null where no hub tells of them. */
  lost: number | null;
}

export const Percentiles = z.object({
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  max: z.number().nullable(),
});
export type Percentiles = z.infer<typeof Percentiles>;

export const DrillFigures = z.object({
  runs: z.number(),
  detectionMs: Percentiles,
  failoverMs: Percentiles,
  outageMs: Percentiles,
  recoveryMs: Percentiles,
  acknowledged: z.number(),
  lost: z.number(),
  /** What the plan asks for and was not reached, in words; empty when the drill is passed. */
  breaches: z.array(z.string()),
});
export type DrillFigures = z.infer<typeof DrillFigures>;

/** More of them say no more, and a hub takes 64 KiB of a document. */
const mostBreaches = 50;

/** Failover within 5 s, recovery within 30 s, nothing acknowledged lost: the plan's own bars. */
export const bars = { failoverMs: 5_000, recoveryMs: 30_000 } as const;

export function figuresOf(played: readonly Played[]): DrillFigures {
  const of = (key: "detectionMs" | "failoverMs" | "outageMs" | "recoveryMs") =>
    percentilesOf(played.flatMap((one) => one[key] ?? []));
  const sum = (key: "acknowledged" | "lost") => played.reduce((total, one) => total + (one[key] ?? 0), 0);
  return {
    runs: played.length,
    detectionMs: of("detectionMs"),
    failoverMs: of("failoverMs"),
    outageMs: of("outageMs"),
    recoveryMs: of("recoveryMs"),
    acknowledged: sum("acknowledged"),
    lost: sum("lost"),
    breaches: played.flatMap(breachesOf).slice(0, mostBreaches),
  };
}

function breachesOf({ scenario, machine, detectionMs, failoverMs, recoveryMs, lost }: Played): string[] {
  const what = `${scenario} on ${machine}`;
  return [
    ...(detectionMs === null ? [`${what}: the other hub did not notice`] : []),
    ...(failoverMs !== null && failoverMs > bars.failoverMs
      ? [`${what}: failover took ${failoverMs} ms (bar ${bars.failoverMs})`]
      : []),
    ...(recoveryMs === null ? [`${what}: the pair did not become whole again`] : []),
    ...(recoveryMs !== null && recoveryMs > bars.recoveryMs
      ? [`${what}: recovery took ${recoveryMs} ms (bar ${bars.recoveryMs})`]
      : []),
    ...(lost === null ? [`${what}: no hub tells what became of its pushes`] : []),
    ...(lost !== null && lost > 0 ? [`${what}: ${lost} acknowledged pushes are missing`] : []),
  ];
}

function percentilesOf(values: readonly number[]): Percentiles {
  return { p50: percentile(values, 0.5), p95: percentile(values, 0.95), max: percentile(values, 1) };
}
