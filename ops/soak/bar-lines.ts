/** One line for each bar: its figure, its limit, and whether it holds. */
import type { BarName } from "./bars.ts";
import type { Figures } from "./figures.ts";
import { percentOf } from "./totals.ts";
import type { Judged, Line } from "./verdict.ts";
import { percent } from "./words.ts";

export function barLines({ figures, growths, bars }: Judged): Line[] {
  const { availability, all, failed, requests, longestOutage, pushes, ledger, machines } = figures;
  const most = (key: "cpu95" | "memory" | "disk") => {
    const values = Object.values(machines).flatMap((machine) => machine[key] ?? []);
    return values.length === 0 ? null : Math.max(...values);
  };
  const line = (
    bar: BarName,
    what: string,
    value: number | null,
    show: (value: number) => string,
    holds: (value: number) => boolean,
  ): Line => ({
    bar,
    what,
    figure: value === null ? "not measured" : show(value),
    limit: show(bars[bar]),
    holds: value === null ? null : holds(value),
  });
  const atMost = (bar: BarName) => (value: number) => value <= bars[bar];
  const outageS = longestOutage === null ? 0 : (longestOutage.toMs - longestOutage.fromMs) / 1_000;
  const leaking = growths.filter(({ leaks }) => leaks === true);
  const judgedGrowths = growths.filter(({ leaks }) => leaks !== null);
  const lost = pushes.lost === null && ledger.missing === null ? null : (pushes.lost ?? 0) + (ledger.missing ?? 0);
  const count = (value: number) => String(value);
  const pace = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} days`;
  const fastest = Math.min(...judgedGrowths.map(({ doublesInDays }) => doublesInDays ?? Infinity));
  const unobserved = unobservedPercent(figures);
  return [
    line(
      "availability",
      "served to the worst-off client",
      availability?.percent ?? null,
      percent,
      (value) => value >= bars.availability,
    ),
    line("p95", "95 % of answers within", all?.p95 ?? null, (value) => `${value} ms`, atMost("p95")),
    line("errors", "failed requests", requests === 0 ? null : percentOf(failed, requests), percent, atMost("errors")),
    line(
      "recovery",
      "longest way back to a good answer",
      requests === 0 ? null : outageS,
      (value) => `${value.toFixed(1)} s`,
      atMost("recovery"),
    ),
    line("lost", "acknowledged records lost", lost, count, atMost("lost")),
    line(
      "duplicates",
      "records stored twice without a reason",
      pushes.acknowledged === 0 ? null : pushes.unexplained,
      count,
      atMost("duplicates"),
    ),
    line("cpu", "processor, 95th of 100 slices", most("cpu95"), percent, atMost("cpu")),
    line("memory", "memory in use", most("memory"), percent, atMost("memory")),
    line("disk", "disk in use", most("disk"), percent, atMost("disk")),
    {
      bar: "doubling",
      what: "processes that leak",
      figure:
        judgedGrowths.length === 0
          ? "no process lived long enough"
          : leaking.length > 0
            ? `${leaking.length}`
            : Number.isFinite(fastest)
              ? `none (the fastest doubles in ${pace(fastest)}, or by chance)`
              : "none",
      limit: `doubling within ${pace(bars.doubling)}`,
      holds: judgedGrowths.length === 0 ? null : leaking.length === 0,
    },
    {
      ...line("unobserved", "time not observed", unobserved, percent, atMost("unobserved")),
      holds: unobserved > bars.unobserved ? null : true,
    },
  ];
}

export function unobservedPercent({ observedMs, notObservedMs }: Figures): number {
  const passedMs = observedMs + notObservedMs;
  return passedMs === 0 ? 0 : percentOf(notObservedMs, passedMs);
}
