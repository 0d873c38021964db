/** The live view: one screen for a terminal, one line a slice for a log, one object a slice for a program. */
import { align } from "../align.ts";
import { fingerprintOf } from "./checkpoint.ts";
import type { HubLook } from "./look.ts";
import type { MachineUse, ProcessUse, SoakEvent } from "./slice.ts";
import type { Verdict } from "./verdict.ts";
import type { Verified } from "./verify-folder.ts";
import type { View } from "./view.ts";
import { duration, resumeCommand } from "./words.ts";

const barWidth = 40;
const eventsShown = 6;
const processesShown = 12;
const mebibyte = 1_048_576;
const textColumns = 1;

/** @param verdict of the slices that have ended */
export function screenOf(view: View, verdict: Verdict | undefined): string {
  const { settings, dir, nowMs, observedMs, look, standing, fault, record } = view;
  const askedMs = settings.hours * 3_600_000;
  const share = Math.min(1, observedMs / askedMs);
  const filled = Math.round(share * barWidth);
  return [
    `tandem soak ${settings.run}    ${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    `${"█".repeat(filled)}${"░".repeat(barWidth - filled)} ${(100 * share).toFixed(1)} %   observed ${duration(observedMs)} of ${duration(askedMs)}`,
    "",
    ...(verdict === undefined ? ["the first figures come with the first slice"] : verdictRows(verdict)),
    "",
    ...align([["hub", "answers", "in sync", "missing", "pending"], ...(look?.hubs ?? []).map(hubRow)], textColumns),
    "",
    ...align(
      [["", "processor", "memory", "disk"], ...Object.entries(look?.machines ?? {}).map(machineRow)],
      textColumns,
    ),
    "",
    ...align(
      [
        ["process", "processor", "memory", "open"],
        ...Object.entries(look?.processes ?? {})
          .slice(0, processesShown)
          .map(processRow),
      ],
      textColumns,
    ),
    "",
    `not served now: ${standing.length === 0 ? "nobody" : standing.join(", ")}`,
    `fault that stands: ${fault ?? "none"}`,
    `checkpoints: ${record.checkpoints}, signed with the key ${fingerprintOf(settings.publicKey)}`,
    ...record.events.slice(-eventsShown).map(eventLine),
    "",
    `Ctrl-C ends with a report; ${resumeCommand(dir)} goes on later.`,
  ].join("\n");
}

/** @example "2026-01-01T00:01:00Z observed 60 s of 168 h; 1500 requests, 0 failed; p95 4.1 ms; lost 0; fail so far" */
export function lineOf({ settings, nowMs, observedMs, fault, record }: View): string {
  const last = record.slices.at(-1);
  const counts = Object.values(last?.streams ?? {});
  const sum = (key: "asked" | "failed") => counts.reduce((total, stream) => total + stream[key], 0);
  const { verdict, breaches } = record.verdict();
  return [
    `${new Date(nowMs).toISOString().slice(0, 19)}Z observed ${duration(observedMs)} of ${duration(settings.hours * 3_600_000)}`,
    `${sum("asked")} requests, ${sum("failed")} failed`,
    `p95 ${last?.percentiles?.p95 ?? "-"} ms`,
    `lost ${record.totals.figures().pushes.lost ?? "not known yet"}`,
    ...(fault === undefined ? [] : [`fault: ${fault}`]),
    verdict === "fail"
      ? `breaks ${[...new Set(breaches.map(({ bar }) => bar))].join(", ")} so far`
      : "all bars hold so far",
  ].join("; ");
}

export function jsonOf({ settings, nowMs, observedMs, fault, standing, record }: View): string {
  const { verdict, lines } = record.verdict();
  const { times: _, ...slice } = record.slices.at(-1) ?? { times: {} };
  const bars = Object.fromEntries(lines.map(({ bar, figure, holds }) => [bar, { figure, holds }]));
  return JSON.stringify({
    at: new Date(nowMs).toISOString(),
    run: settings.run,
    observedMs,
    askedMs: settings.hours * 3_600_000,
    soFar: verdict,
    bars,
    fault: fault ?? null,
    notServed: standing,
    slice,
  });
}

export function verdictRows({ lines }: Pick<Verdict, "lines">): string[] {
  const word = (holds: boolean | null) => (holds === null ? "not judged" : holds ? "holds" : "BROKEN");
  return align(
    [
      ["bar", "figure", "limit", ""],
      ...lines.map(({ what, figure, limit, holds }) => [what, figure, limit, word(holds)]),
    ],
    textColumns,
  );
}

const hubRow = ({ name, said }: HubLook) =>
  said === undefined
    ? [name, "no", "-", "-", "-"]
    : [name, "yes", said.inSync ? "yes" : "NO", String(said.missing), String(said.pending)];

const machineRow = ([name, { cpu, memory, disk }]: [string, MachineUse]) => [
  name,
  percent(cpu),
  percent(memory),
  percent(disk),
];

const processRow = ([name, { cpu, rss, fds }]: [string, ProcessUse]) => [
  name,
  percent(cpu),
  `${(rss / mebibyte).toFixed(1)} MiB`,
  fds === null ? "-" : String(Math.round(fds)),
];

const percent = (value: number | null) => (value === null ? "-" : `${value.toFixed(1)} %`);
export const eventLine = ({ atMs, what }: SoakEvent): string =>
  `${new Date(atMs).toISOString().slice(0, 19)}Z  ${what}`;

/** @param isKeyKnown whether whoever verifies has named the key */
export function verifiedText(
  { problems, notes, checkpoints, hubs, unvouched, fingerprint }: Verified,
  isKeyKnown: boolean,
): string {
  const held = hubs === 0 ? "no hub that answers holds a copy" : `a copy at ${hubs} ${hubs === 1 ? "hub" : "hubs"}`;
  const { slices, events } = unvouched;
  return [
    ...problems.map(({ of, what }) => `${of} ${what}`),
    ...notes,
    ...(slices + events === 0
      ? []
      : [
          `${slices} lines of slices.jsonl and ${events} of events.jsonl wait for their checkpoint: nothing vouches for them yet`,
        ]),
    `${checkpoints} ${checkpoints === 1 ? "checkpoint" : "checkpoints"}, ${held}, ${problems.length === 0 ? "none of them edited" : "and it does not verify"}`,
    ...(isKeyKnown
      ? []
      : [
          `signed with the key ${fingerprint}, as the folder says: hold it against what was noted at its start (--key)`,
        ]),
  ].join("\n");
}
