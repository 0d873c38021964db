/** Availability from what clients saw: of a fault's window, and of a month in which each fault comes as often as is expected. */
import type { Sample, Stream } from "./prober/sample.ts";

export const monthMs = 30 * 24 * 3_600_000;

/** What one client saw in a window. */
export interface Seen {
  stream: string;
  requests: number;
  failed: number;
  /** Each failed request stands for the time until the next was due, ms. */
  downMs: number;
  /** Longest run of failed requests, from when the first was due to when the next was that went well, ms. */
  longestOutageMs: number;
  /** Longest wait for a good answer, ms. */
  slowestMs: number;
  /** How often which error was met, also where the other address then answered. */
  errors: Record<string, number>;
}

export function seenBy({ name, everyMs }: Pick<Stream, "name" | "everyMs">, samples: readonly Sample[]): Seen {
  const own = samples.filter(({ stream }) => stream === name).sort((a, b) => a.atMs - b.atMs);
  const seen: Seen = {
    stream: name,
    requests: own.length,
    failed: 0,
    downMs: 0,
    longestOutageMs: 0,
    slowestMs: 0,
    errors: {},
  };
  let downSinceMs: number | undefined;
  for (const { atMs, tookMs, ok, errors } of own) {
    for (const error of errors) seen.errors[error] = (seen.errors[error] ?? 0) + 1;
    if (ok) {
      seen.slowestMs = Math.max(seen.slowestMs, tookMs);
      if (downSinceMs !== undefined) seen.longestOutageMs = Math.max(seen.longestOutageMs, atMs - downSinceMs);
      downSinceMs = undefined;
    } else {
      seen.failed++;
      seen.downMs += everyMs;
      downSinceMs ??= atMs;
    }
  }
  const lastMs = own.at(-1)?.atMs;
  if (downSinceMs !== undefined && lastMs !== undefined)
    seen.longestOutageMs = Math.max(seen.longestOutageMs, lastMs + everyMs - downSinceMs);
  seen.longestOutageMs = Math.round(seen.longestOutageMs);
  return seen;
}

/** Of the worst-off client: what one user may meet, which a mean over all would hide. */
export const worstDownMs = (seen: readonly Seen[]): number => Math.max(0, ...seen.map(({ downMs }) => downMs));

/** Share of a window in which its worst-off client was served. */
export const windowAvailability = (downMs: number, windowMs: number): number =>
  windowMs <= 0 ? 1 : Math.max(0, 1 - downMs / windowMs);

export interface FaultRun {
  /** Name of the scenario. */
  name: string;
  perMonth: number;
  /** From the fault until the pair is well and its services are home, ms. */
  windowMs: number;
  downMs: number;
}

export interface FaultShare {
  name: string;
  perMonth: number;
  runs: number;
  meanWindowMs: number;
  meanDownMs: number;
  /** `perMonth` times the mean: what it costs a month, ms. */
  downMsOfMonth: number;
}

export interface MonthView {
  faults: FaultShare[];
  downMsOfMonth: number;
  /** 1 - sum(rate × mean outage) / month. */
  availability: number;
  /** Share of the windows alone, the quiet time between faults left out. */
  availabilityOfWindows: number;
}

/** Faults that were not run add nothing, and are not in the list: whoever prints it says so. */
export function monthOf(runs: readonly FaultRun[]): MonthView {
  const faults = [...Map.groupBy(runs, ({ name }) => name)].map(([name, own]): FaultShare => {
    const perMonth = own[0]?.perMonth ?? 0;
    const meanDownMs = meanOf(own.map(({ downMs }) => downMs));
    return {
      name,
      perMonth,
      runs: own.length,
      meanWindowMs: meanOf(own.map(({ windowMs }) => windowMs)),
      meanDownMs,
      downMsOfMonth: perMonth * meanDownMs,
    };
  });
  const downMsOfMonth = faults.reduce((sum, fault) => sum + fault.downMsOfMonth, 0);
  const sum = (key: "windowMs" | "downMs") => runs.reduce((total, run) => total + run[key], 0);
  return {
    faults,
    downMsOfMonth,
    availability: Math.max(0, 1 - downMsOfMonth / monthMs),
    availabilityOfWindows: windowAvailability(sum("downMs"), sum("windowMs")),
  };
}

const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
