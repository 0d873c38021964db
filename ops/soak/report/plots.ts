/** The plots of a report, from the slices of the run. */
import type { Bars } from "../bars.ts";
import type { Slice, SoakEvent } from "../slice.ts";
import type { Plot, Series } from "./plot.ts";

const mebibyte = 1_048_576;
/** More lines than these cannot be told apart. */
const mostSeries = 8;

export function plotsOf(slices: readonly Slice[], events: readonly SoakEvent[], bars: Bars): Plot[] {
  const faults = events
    .filter(({ kind }) => kind === "fault")
    .map(({ atMs, toMs, what }) => ({ fromMs: atMs, toMs: toMs ?? atMs, what }));
  const series = (name: string, value: (slice: Slice) => number | null): Series => ({
    name,
    points: pointsOf(slices, value),
  });
  const times = (["p50", "p95", "p99"] as const).map((key) =>
    series(key, ({ percentiles }) => percentiles?.[key] ?? null),
  );
  const failed = (slice: Slice) => Object.values(slice.streams).reduce((sum, stream) => sum + stream.failed, 0);
  const machines = [...new Set(slices.flatMap((slice) => Object.keys(slice.machines)))];
  const machine = (key: "cpu" | "memory" | "disk") =>
    machines.map((name) => series(name, (slice) => slice.machines[name]?.[key] ?? null));
  return [
    { title: "Response times", unit: "ms", series: times, bar: bars.p95, faults },
    { title: "Failed requests in a slice", unit: "requests", series: [series("failed", failed)], faults },
    {
      title: "Memory of the largest processes",
      unit: "MiB",
      series: largest(slices).map((name) =>
        series(name, ({ processes }) => (processes[name] === undefined ? null : processes[name].rss / mebibyte)),
      ),
      faults,
    },
    { title: "Memory of the machines", unit: "%", series: machine("memory"), bar: bars.memory },
    { title: "Processor of the machines", unit: "%", series: machine("cpu"), bar: bars.cpu, faults },
    { title: "Disk", unit: "%", series: machine("disk"), bar: bars.disk },
    {
      title: "Open file descriptors of the largest processes",
      unit: "",
      series: largest(slices).map((name) => series(name, ({ processes }) => processes[name]?.fds ?? null)),
    },
  ];
}

/** A gap between slices is a gap in the line. */
function pointsOf(slices: readonly Slice[], value: (slice: Slice) => number | null): Series["points"] {
  return slices.flatMap((slice, i) => {
    const before = slices[i - 1];
    const gap = before !== undefined && slice.fromMs - before.toMs > 1_000 ? [{ atMs: before.toMs, value: null }] : [];
    return [...gap, { atMs: (slice.fromMs + slice.toMs) / 2, value: value(slice) }];
  });
}

function largest(slices: readonly Slice[]): string[] {
  const most = new Map<string, number>();
  for (const { processes } of slices)
    for (const [name, { rss }] of Object.entries(processes)) most.set(name, Math.max(most.get(name) ?? 0, rss));
  return [...most]
    .sort(([, a], [, b]) => b - a)
    .slice(0, mostSeries)
    .map(([name]) => name);
}
