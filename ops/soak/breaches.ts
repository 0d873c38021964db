/** Each breach of a bar, with its time and likely cause. */
import { likelyCause } from "./causes.ts";
import type { Slice } from "./slice.ts";
import { explainedOf } from "./totals.ts";
import type { Breach, Judged, Line } from "./verdict.ts";
import { growthText, outageText } from "./words.ts";

/** Breaches of one bar that are told one by one. */
const mostTold = 10;

export function breachesOf({ bar, what, figure, limit }: Line, judged: Judged): Breach[] {
  const { outages, slices, growths, events, bars, figures } = judged;
  const said = `${what}: ${figure} (bar ${limit})`;
  const of = (from: { fromMs: number; toMs: number } | undefined, text = said): Breach =>
    from === undefined
      ? { bar, what: text, atMs: null, cause: "over the whole run" }
      : { bar, what: text, atMs: from.fromMs, cause: likelyCause(from.fromMs, from.toMs, events) };
  const worst = (key: (slice: Slice) => number | null) =>
    slices
      .filter((slice) => key(slice) !== null)
      .toSorted((a, b) => (key(b) ?? 0) - (key(a) ?? 0))
      .slice(0, mostTold);
  const mostOf = (slice: Slice, key: "cpu" | "memory" | "disk") => {
    const values = Object.values(slice.machines).flatMap((machine) => machine[key] ?? []);
    return values.length === 0 ? null : Math.max(...values);
  };
  switch (bar) {
    case "availability": {
      const own = outages.filter(({ stream }) => stream === figures.availability?.stream);
      return [of(undefined), ...own.slice(0, mostTold).map((one) => of(one, outageText(one)))];
    }
    case "recovery":
      return outages
        .filter(({ fromMs, toMs }) => toMs - fromMs > 1_000 * bars.recovery)
        .slice(0, mostTold)
        .map((one) => of(one, `${outageText(one)} (bar ${limit})`));
    case "errors": {
      const failedOf = (slice: Slice) => Object.values(slice.streams).reduce((sum, { failed }) => sum + failed, 0);
      const bad = worst(failedOf).filter((slice) => failedOf(slice) > 0);
      return [of(undefined), ...bad.map((slice) => of(slice, `${failedOf(slice)} requests failed`))];
    }
    case "p95": {
      const slow = worst(({ percentiles }) => percentiles?.p95 ?? null).filter(
        ({ percentiles }) => (percentiles?.p95 ?? 0) > bars.p95,
      );
      return [of(undefined), ...slow.map((slice) => of(slice, `95 % within ${slice.percentiles?.p95} ms`))];
    }
    case "cpu": {
      const [peak] = worst((slice) => mostOf(slice, bar));
      const breach = of(peak);
      return [{ ...breach, cause: [breach.cause, ...shareOfPair(peak)].join("; ") }];
    }
    case "memory":
    case "disk": {
      const [peak] = worst((slice) => mostOf(slice, bar));
      return [of(peak)];
    }
    case "lost":
      return [
        of(
          slices.find(
            ({ clients, ledger }) =>
              (ledger.missing ?? 0) > 0 || Object.values(clients).some(({ lost }) => (lost ?? 0) > 0),
          ),
          said,
        ),
      ];
    case "duplicates":
      return [
        of(
          slices.find(({ clients }) =>
            Object.values(clients).some((client) => (client.duplicates ?? 0) > explainedOf(client)),
          ),
          said,
        ),
      ];
    case "doubling":
      return growths
        .filter(({ leaks }) => leaks === true)
        .map((growth) => ({
          bar,
          what: growthText(growth),
          atMs: null,
          cause: `a rise of ${growth.z.toFixed(1)} deviations above chance`,
        }));
    case "unobserved":
      return [];
  }
}

/** Whether it was the pair that was busy, or the rest of its computer. */
function shareOfPair(slice: Slice | undefined): string[] {
  const used = Object.values(slice?.processes ?? {}).flatMap(({ cpu }) => cpu ?? []);
  if (used.length === 0) return [];
  return [
    `the pair's own processes took ${Math.round(used.reduce((sum, cpu) => sum + cpu, 0))} % of one processor then`,
  ];
}
