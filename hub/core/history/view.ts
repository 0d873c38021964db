/** Cuts the history into steps of some minutes each, as it is asked for. */
import type { HistoryRing } from "./ring.ts";
import { join, type SeriesName, seriesNames } from "./series.ts";

export interface Steps {
  /** First minute of the first step; a whole multiple of the step. */
  from: number;
  /** Minutes a step. */
  step: number;
  count: number;
}

/** Of the last so many minutes, up to the one before the present one, which is still being looked at. */
export function stepsOf(minutes: number, step: number, nowMinute: number): Steps {
  const count = Math.ceil(minutes / step);
  return { from: (Math.floor((nowMinute - 1) / step) - count + 1) * step, step, count };
}

export function seriesOf(ring: HistoryRing, steps: Steps): Record<SeriesName, (number | null)[]> {
  const values = (name: SeriesName) =>
    eachStep(steps, (minutes) =>
      rounded(
        join(
          name,
          minutes.map((minute) => ring.valueAt(minute, name)),
        ),
      ),
    );
  return Object.fromEntries(seriesNames.map((name) => [name, values(name)])) as Record<SeriesName, (number | null)[]>; // of all names
}

/** @param index of the agent in the ring's ids */
export function agentSeriesOf(ring: HistoryRing, index: number, steps: Steps) {
  const latencyMs: (number | null)[] = [];
  const ill: (number | null)[] = [];
  // Of 1,000 agents: nothing is made for a minute but its cell.
  for (let i = 0; i < steps.count; i++) {
    const sums = { latency: 0, latencies: 0, ill: 0, ills: 0 };
    const first = steps.from + i * steps.step;
    for (let minute = Math.max(0, first); minute < first + steps.step; minute++) {
      const cell = ring.agentAt(minute, index);
      if (cell.latencyMs !== null) {
        sums.latency += cell.latencyMs;
        sums.latencies++;
      }
      if (cell.ill !== null) {
        sums.ill += cell.ill;
        sums.ills++;
      }
    }
    latencyMs.push(rounded(sums.latencies === 0 ? null : sums.latency / sums.latencies));
    ill.push(rounded(sums.ills === 0 ? null : sums.ill / sums.ills));
  }
  return { latencyMs, ill };
}

function eachStep<T>({ from, step, count }: Steps, reckon: (minutes: number[]) => T): T[] {
  return Array.from({ length: count }, (_, i) =>
    reckon(Array.from({ length: step }, (_, minute) => from + i * step + minute).filter((minute) => minute >= 0)),
  );
}

const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value * 1_000) / 1_000);
