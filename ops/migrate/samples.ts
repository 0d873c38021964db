/** Sums up how an agent does over a stretch of time, and judges one stretch by an earlier one. Pure. */
import type { MigrationLimits } from "./limits.ts";
import type { Baseline } from "./state.ts";

/** What the hubs said of an agent at one moment. */
export interface Sample {
  /** Monotonic ms. */
  atMs: number;
  /** Why it is not well; empty when it is, undefined when no hub said anything of it. */
  ill: string | undefined;
  /** Round trip of its newest probe, ms; null when it was not answered. */
  latencyMs: number | null;
  /** Median of the other agents of its machine, ms; null where none is known. */
  aroundMs: number | null;
}

/** Below this many samples a percentile says nothing. */
const fewestLatencies = 4;
const ninetyFifth = 0.95;
/** What is shorter than this is taken for it: the ratio of two very small times is noise, ms. */
const leastAroundMs = 1;

export function baselineOf(samples: readonly Sample[]): Baseline | undefined {
  const heard = samples.filter(({ ill }) => ill !== undefined);
  if (heard.length === 0) return undefined;
  return {
    samples: heard.length,
    latencyP95Ms: percentile(latenciesOf(heard), ninetyFifth),
    aroundMs: aroundOf(heard),
  };
}

/** @returns why the agent does worse than before; undefined while it does not */
export function breachOf(
  samples: readonly Sample[],
  baseline: Baseline | null,
  limits: Pick<MigrationLimits, "badInRow" | "latencyFactor" | "latencySlackMs">,
): string | undefined {
  const heard = samples.filter(({ ill }) => ill !== undefined);
  const last = heard.slice(-limits.badInRow);
  if (last.length === limits.badInRow && last.every(({ ill }) => ill !== ""))
    return `not well in ${last.length} looks in a row: ${last.at(-1)?.ill}`;
  const latencies = latenciesOf(heard);
  const before = baseline?.latencyP95Ms ?? null;
  if (before === null || latencies.length < fewestLatencies) return undefined;
  // A machine that has become slow for all of its agents says nothing about this one.
  const slower = Math.max(1, (aroundOf(heard) ?? 0) / Math.max(baseline?.aroundMs ?? 0, leastAroundMs));
  const most = slower * Math.max(before * limits.latencyFactor, before + limits.latencySlackMs);
  const now = percentile(latencies, ninetyFifth) ?? 0;
  // One slow answer is no trend: the 95th percentile of few samples is their highest.
  const isTrend = latencies.filter((ms) => ms > most).length > 1;
  if (!isTrend || now <= most) return undefined;
  return `95 % of its probes take up to ${round(now)} ms, and ${round(before)} ms before (at most ${round(most)} ms)`;
}

function aroundOf(samples: readonly Sample[]): number | null {
  return percentile(
    samples.flatMap(({ aroundMs }) => aroundMs ?? []),
    0.5,
  );
}

function latenciesOf(samples: readonly Sample[]): number[] {
  const answered: number[] = [];
  let last: number | undefined;
  for (const { latencyMs } of samples) {
    // The same probe is seen in several looks.
    if (latencyMs === null || latencyMs === last) continue;
    last = latencyMs;
    answered.push(latencyMs);
  }
  return answered;
}

/** Nearest rank. */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
}

const round = (ms: number): string => (ms < 10 ? ms.toFixed(1) : Math.round(ms).toString());
