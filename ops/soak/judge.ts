/** Holds the figures of a run against its bars: pass, fail or incomplete, and each breach with its time and likely cause. */
import type { BarName, Bars } from "./bars.ts";
import { likelyCause } from "./causes.ts";
import type { Figures } from "./figures.ts";
import type { Growth } from "./leaks.ts";
import type { Outage, Slice, SoakEvent } from "./slice.ts";
import { percentOf } from "./totals.ts";

export interface Breach {
  bar: BarName;
  /** In words, with the figure and the bar. */
  what: string;
  /** Null of what has no single moment. */
  atMs: number | null;
  cause: string;
}

export interface Line {
  bar: BarName;
  what: string;
  /** With its unit; "not measured" where nothing told it. */
  figure: string;
  limit: string;
  /** Null: not judged. */
  holds: boolean | null;
}

export interface Verdict {
  verdict: "pass" | "fail" | "incomplete";
  askedMs: number;
  observedMs: number;
  /** Between the first slice and the last, ms. */
  notObservedMs: number;
  /** Why it is incomplete; empty when it is not. */
  incomplete: string[];
  lines: Line[];
  breaches: Breach[];
  /** Of the failed requests that the bar allows, the part that was used, %. */
  errorBudgetUsed: number | null;
}

export interface Judged {
  figures: Figures;
  slices: readonly Slice[];
  /** Longest first. */
  outages: readonly Outage[];
  growths: readonly Growth[];
  events: readonly SoakEvent[];
  bars: Bars;
  askedMs: number;
}

/** Breaches of one bar that are told one by one. */
const mostTold = 10;

export function judge(judged: Judged): Verdict {
  const { figures, bars, askedMs } = judged;
  const notObservedMs = Math.max(0, figures.toMs - figures.fromMs - figures.observedMs);
  const incomplete = whyIncomplete(judged, notObservedMs);
  const lines = linesOf(judged, notObservedMs);
  const breaches = lines.filter(({ holds }) => holds === false).flatMap((line) => breachesOf(line, judged));
  const { availability } = figures;
  const failedPercent = availability === null ? null : 100 - availability.percent;
  const allowed = 100 - bars.availability;
  return {
    verdict: breaches.length > 0 ? "fail" : incomplete.length > 0 ? "incomplete" : "pass",
    askedMs,
    observedMs: figures.observedMs,
    notObservedMs,
    incomplete,
    lines,
    breaches,
    errorBudgetUsed:
      failedPercent === null
        ? null
        : allowed === 0
          ? failedPercent > 0
            ? Infinity
            : 0
          : (100 * failedPercent) / allowed,
  };
}

function whyIncomplete({ figures, bars, askedMs }: Judged, notObservedMs: number): string[] {
  const reasons: string[] = [];
  if (figures.observedMs < askedMs)
    reasons.push(`observed ${duration(figures.observedMs)} of ${duration(askedMs)} asked for`);
  const share = percentOf(notObservedMs, figures.toMs - figures.fromMs);
  if (figures.toMs > figures.fromMs && share > bars.unobserved)
    reasons.push(
      `${duration(notObservedMs)} were not observed, ${percent(share)} of the time (bar ${bars.unobserved} %)`,
    );
  if (figures.requests === 0) reasons.push("nothing was asked");
  if (figures.pushes.lost === null)
    reasons.push("the hubs could not be asked, in sync, whether the last pushes are held");
  return reasons;
}

function linesOf({ figures, growths, bars }: Judged, notObservedMs: number): Line[] {
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
  const unobserved = percentOf(notObservedMs, figures.toMs - figures.fromMs);
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

function breachesOf({ bar, what, figure, limit }: Line, judged: Judged): Breach[] {
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
    case "cpu":
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
            Object.values(clients).some(({ duplicates, uncertain }) => (duplicates ?? 0) > uncertain),
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

const outageText = ({ stream, fromMs, toMs, open }: Outage) =>
  `${stream}: no good answer for ${((toMs - fromMs) / 1_000).toFixed(1)} s${open ? ", and none yet" : ""}`;

export function growthText({ process, kind, typical, perDay, doublesInDays }: Growth): string {
  const show = (value: number) => (kind === "fds" ? value.toFixed(1) : `${(value / 1_048_576).toFixed(1)} MiB`);
  const names = { rss: "memory", fds: "open descriptors", heap: "heap" };
  const doubling = doublesInDays === null ? "" : `, doubles in ${doublesInDays.toFixed(1)} days`;
  return `${process}, ${names[kind]}: ${show(typical)}, ${perDay < 0 ? "" : "+"}${show(perDay)} a day${doubling}`;
}

const percent = (value: number) => `${value.toFixed(3).replace(/\.?0+$/, "")} %`;

/** @example 90_000 → "90 s", 5_400_000 → "90 min", 604_800_000 → "168 h" */
export function duration(ms: number): string {
  if (ms < 2 * 60_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 360_000) / 10} h`;
}
