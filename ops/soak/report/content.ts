/** What a report says, as tables and lists; Markdown and HTML are two ways to write it down. */
import { fingerprintOf } from "../checkpoint.ts";
import type { Figures } from "../figures.ts";
import type { Growth } from "../leaks.ts";
import { objectivesIn } from "../objectives.ts";
import type { Settings } from "../settings.ts";
import type { Slice, SoakEvent } from "../slice.ts";
import type { Verdict } from "../verdict.ts";
import { duration, growthText } from "../words.ts";

export interface ReportSource {
  settings: Settings;
  figures: Figures;
  verdict: Verdict;
  growths: readonly Growth[];
  slices: readonly Slice[];
  events: readonly SoakEvent[];
  checkpoints: number;
}

export type Block =
  | { kind: "heading" | "text"; text: string }
  | { kind: "list"; items: string[] }
  /** The first row is the head. */
  | { kind: "table"; rows: string[][] }
  | { kind: "plots" };

const mebibyte = 1_048_576;
const growthsShown = 12;

export function headline({ verdict, askedMs, observedMs }: Verdict): string {
  const observed = `observed ${duration(observedMs)} of ${duration(askedMs)} asked for`;
  return `${verdict.toUpperCase()}: ${observed}`;
}

export function contentOf(source: ReportSource): Block[] {
  const { settings, figures, verdict, growths, slices, events, checkpoints } = source;
  const heading = (text: string): Block => ({ kind: "heading", text });
  const list = (items: string[], none: string): Block =>
    items.length === 0 ? { kind: "text", text: none } : { kind: "list", items };
  const word = (holds: boolean | null) => (holds === null ? "not judged" : holds ? "holds" : "BROKEN");
  const budget = verdict.errorBudgetUsed;
  const starts = events.filter(({ kind }) => kind === "start").length;
  return [
    { kind: "text", text: `From ${at(figures.fromMs)} to ${at(figures.toMs)}, started ${times(starts)}.` },
    ...(verdict.incomplete.length === 0 ? [] : [{ kind: "list" as const, items: verdict.incomplete }]),
    heading("Bars"),
    {
      kind: "table",
      rows: [
        ["", "figure", "bar", ""],
        ...verdict.lines.map(({ what, figure, limit, holds }) => [what, figure, limit, word(holds)]),
      ],
    },
    {
      kind: "text",
      text:
        budget === null
          ? "No request was made."
          : `Error budget used: ${budget.toFixed(1)} % of ${(100 - settings.bars.availability).toFixed(3)} % of the requests of the worst-off client (${figures.availability?.stream}).`,
    },
    heading("Breaches"),
    list(
      verdict.breaches.map(
        ({ what, atMs, cause }) => `${atMs === null ? "" : `${at(atMs)}: `}${what}. Likely cause: ${cause}`,
      ),
      "None.",
    ),
    heading("Not observed"),
    list(
      gapsOf(slices).map(({ fromMs, toMs }) => `${at(fromMs)} to ${at(toMs)}: ${duration(toMs - fromMs)}`),
      `No gap between slices; seconds missed within them: ${Math.round(verdict.notObservedMs / 1_000)}.`,
    ),
    heading("Over time"),
    { kind: "plots" },
    heading("Clients"),
    {
      kind: "table",
      rows: [
        ["client", "requests", "failed", "served"],
        ...Object.entries(figures.streams).map(([name, { asked, failed }]) => [
          name,
          String(asked),
          String(failed),
          percent(asked === 0 ? null : (100 * (asked - failed)) / asked),
        ]),
      ],
    },
    {
      kind: "table",
      rows: [
        ["response times", "requests", "p50", "p95", "p99", "longest"],
        ...Object.entries({ ...figures.times, ...(figures.all === null ? {} : { all: figures.all }) }).map(
          ([kind, times]) => [
            kind,
            String(times.count),
            ...[times.p50, times.p95, times.p99, times.max].map((value) => `${value} ms`),
          ],
        ),
      ],
    },
    list(
      Object.entries(figures.errors).map(([error, count]) => `${count} × ${error}`),
      "No error at any address.",
    ),
    heading("Records"),
    {
      kind: "text",
      text: `${figures.pushes.acknowledged} pushes acknowledged, ${figures.pushes.lost ?? "an unknown number of"} of them lost; ${figures.pushes.storedTwice} stored twice by a retry, ${figures.pushes.unexplained} without one. The ledger: missing ${figures.ledger.missing ?? "not known"}, met again and ignored ${figures.ledger.metTwice ?? "not known"}, at most ${figures.ledger.mostPending} pending.`,
    },
    {
      kind: "table",
      rows: [
        ["hub", "answered", "in sync"],
        ...Object.entries(figures.hubs).map(([name, hub]) => [name, percent(hub.answered), percent(hub.inSync)]),
      ],
    },
    ...objectivesOf(events),
    heading("Machines and processes"),
    {
      kind: "table",
      rows: [
        ["machine", "processor, mean", "95th of 100", "memory, most", "disk, most"],
        ...Object.entries(figures.machines).map(([name, { cpuMean, cpu95, memory, disk }]) => [
          name,
          percent(cpuMean),
          percent(cpu95),
          percent(memory),
          percent(disk),
        ]),
      ],
    },
    {
      kind: "table",
      rows: [
        ["process", "lives", "processor", "memory, most", "descriptors, most", "heap, most"],
        ...Object.entries(figures.processes).map(([name, use]) => [
          name,
          String(use.lives),
          percent(use.cpuMean),
          mib(use.rssMax),
          use.fdsMax === null ? "-" : use.fdsMax.toFixed(0),
          mib(use.heapMax),
        ]),
      ],
    },
    heading("Growth"),
    list(
      growths
        .filter(({ leaks }) => leaks !== null)
        .slice(0, growthsShown)
        .map((growth) => `${growthText(growth)} (${leakWord(growth)})`),
      "No process lived long enough without an end to tell how it grows over days.",
    ),
    heading("Faults and events"),
    list(
      events
        .filter(({ kind }) => kind !== "verdict" && kind !== "objectives")
        .toSorted((a, b) => a.atMs - b.atMs)
        .map(({ atMs, toMs, what }) => `${at(atMs)}${toMs === null ? "" : `, ${duration(toMs - atMs)}`}: ${what}`),
      "None.",
    ),
    heading("Checkpoints"),
    {
      kind: "text",
      text: `${checkpoints} checkpoints, signed with the Ed25519 key ${settings.publicKey} (DER, base64), in short ${fingerprintOf(settings.publicKey)}. tandem soak verify says whether one was edited.${settings.copies ? "" : " No hub keeps a copy."}`,
    },
  ];
}

/** None of a run of a version that did not ask. */
function objectivesOf(events: readonly SoakEvent[]): Block[] {
  const told = objectivesIn(events);
  if (told === undefined) return [];
  const title: Block = { kind: "heading", text: "Objectives, by the hubs" };
  if (told.length === 0) return [title, { kind: "text", text: "No hub told of any at the end." }];
  const rows = told.map(({ hub, name, target, windowDays, availability, budgetLeft, burning }) => [
    name,
    hub,
    `${percent(100 * target)} over ${windowDays} days`,
    percent(availability === null ? null : 100 * availability),
    percent(availability === null ? null : 100 * budgetLeft),
    burning,
  ]);
  const text =
    "As they stood at the end. The hubs count from outside, too, but over days of their own, of which the soak is a part or not.";
  return [
    title,
    { kind: "text", text },
    {
      kind: "table",
      rows: [["objective", "by the hub of", "target", "availability", "budget left", "burning"], ...rows],
    },
  ];
}

/** Between slices. */
export function gapsOf(slices: readonly Pick<Slice, "fromMs" | "toMs">[]): { fromMs: number; toMs: number }[] {
  return slices.flatMap(({ fromMs }, i) => {
    const before = slices[i - 1];
    return before !== undefined && fromMs - before.toMs > 1_000 ? [{ fromMs: before.toMs, toMs: fromMs }] : [];
  });
}

const times = (count: number) => (count === 1 ? "once" : `${count} times`);
const leakWord = ({ leaks, z }: Growth) =>
  leaks ? `LEAKS, ${z.toFixed(1)} deviations above chance` : `no leak, ${z.toFixed(1)} deviations`;
const at = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const percent = (value: number | null) => (value === null ? "-" : `${value.toFixed(3).replace(/\.?0+$/, "")} %`);
const mib = (value: number | null) => (value === null ? "-" : `${(value / mebibyte).toFixed(1)} MiB`);
