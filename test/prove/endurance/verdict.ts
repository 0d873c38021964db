/** Whether a pair has endured: nothing lost, nothing failed, no error said, and no process that grows. */
import type { LedgerView } from "../../../hub/http/api.ts";
import type { Growth, Patience } from "../../../ops/soak/leaks.ts";
import { median } from "../../../ops/soak/slope.ts";
import type { Driven, Sample } from "./run.ts";

export interface Endured {
  loadMs: number;
  /** Pushes a second that were asked for. */
  perSecond: number;
  interrupted: boolean;
  driven: Driven;
  /** Pushes with a client's number, by the hub that they went to. */
  numbered: Record<string, { sent: number; answered: number }>;
  /** Of both hubs; undefined of one that did not show it. */
  ledgers: (LedgerView | undefined)[];
  /** Time until both were equal, ms; or what was not. */
  settled: number | string;
  /** Lines of both hubs' logs. */
  errors: readonly string[];
  samples: readonly Sample[];
  growths: readonly Growth[];
  patience: Patience;
}

export interface Verdict extends Endured {
  ok: boolean;
  problems: string[];
  /** Pushes a second that the hub under load acknowledged. */
  reachedPerSecond: number;
  /** Largest growth of descriptors from the first tenth behind the warm-up to the last, by their medians, of any process. */
  fdsGrown: number;
}

/** Connections come and go: so many more than at the beginning are no leak yet. */
const fdsAllowed = 20;
/** Of the rate that was asked for: below it the computer was busy with something else, or the hub grew slow. */
const leastShare = 0.5;

export function verdictOf(endured: Endured): Verdict {
  const { driven, numbered, ledgers, settled, growths, errors, loadMs, perSecond } = endured;
  const problems: string[] = [];
  const reachedPerSecond = Math.round((driven.answered / loadMs) * 1_000);
  if (reachedPerSecond < leastShare * perSecond)
    problems.push(`${reachedPerSecond} pushes/s were reached, fewer than ${leastShare * 100} % of ${perSecond}`);
  if (typeof settled === "string") problems.push(`not equal: ${settled}`);
  if (driven.failed > 0) problems.push(`${driven.machine}'s hub failed ${driven.failed} pushes`);
  for (const [name, { answered }] of Object.entries(numbered)) {
    const acknowledged = answered + (name === driven.machine ? driven.answered : 0);
    for (const ledger of ledgers) {
      const line = ledger?.lines.find(({ origin, stream }) => origin === name && stream === "metrics");
      const held = Math.min(line?.stored ?? 0, line?.copied ?? 0);
      const by = ledger?.machine ?? "a hub that does not answer";
      if (held < acknowledged)
        problems.push(`${by} counts ${held} records of ${name}, ${acknowledged} were acknowledged`);
    }
  }
  for (const ledger of ledgers) {
    if (ledger === undefined) continue;
    if (ledger.missing > 0) problems.push(`${ledger.machine}'s ledger misses ${ledger.missing} records`);
    for (const { client, missing } of ledger.clients)
      if (missing > 0) problems.push(`${ledger.machine}'s ledger misses ${missing} numbers of ${client}`);
  }
  problems.push(...errors.map((line) => `a hub said: ${line}`));
  for (const { process, kind, doublesInDays, leaks } of growths)
    if (leaks) problems.push(`${kind} of ${process} would double in ${((doublesInDays ?? 0) * 24).toFixed(1)} hours`);
  const fdsGrown = grownFds(endured);
  if (fdsGrown > fdsAllowed) problems.push(`a process has ${fdsGrown} file descriptors more than after its warm-up`);
  return { ...endured, ok: problems.length === 0 && !endured.interrupted, problems, reachedPerSecond, fdsGrown };
}

function grownFds({ samples, patience }: Endured): number {
  const fromMs = (samples[0]?.fromMs ?? 0) + patience.warmUpMs;
  const settled = samples.filter((sample) => sample.fromMs >= fromMs);
  // A server that stands still for a moment has requests wait, each on a connection of its own: one sample says nothing.
  const tenth = Math.ceil(settled.length / 10);
  const [first, last] = [settled.slice(0, tenth), settled.slice(-tenth)];
  const grown = Object.entries(settled[0]?.processes ?? {}).map(([name, { life }]) => {
    const fdsIn = (part: readonly Sample[]) =>
      part.flatMap(({ processes }) => (processes[name]?.life === life ? (processes[name].fds ?? []) : []));
    const [before, after] = [fdsIn(first), fdsIn(last)];
    return before.length === 0 || after.length === 0 ? 0 : median(after) - median(before);
  });
  return Math.max(0, ...grown);
}

const mib = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

export function toText(verdict: Verdict): string {
  const { driven, numbered, ledgers, growths, loadMs, samples, settled, ok, problems, fdsGrown } = verdict;
  const { machine, answered, failed, p50Ms, p99Ms } = driven;
  const rate = `${verdict.reachedPerSecond}/s of the ${verdict.perSecond}/s that were asked for`;
  const beside = Object.entries(numbered).map(([name, pushes]) => `${pushes.answered} to ${name}`);
  const counts = ledgers.map((ledger) =>
    ledger === undefined
      ? "a hub does not show its ledger"
      : `${ledger.machine}'s ledger: missing ${ledger.missing}, duplicates ${ledger.duplicates}, copies ${ledger.copies}`,
  );
  const uses = growths.map(({ process, kind, typical, perDay, leaks }) => {
    const judged = leaks === null ? "too short to be judged" : leaks ? "LEAKS" : "steady";
    return `${process} ${kind}: ${mib(typical)}, ${mib(perDay / 24)} an hour, ${judged}`;
  });
  return [
    `${Math.round(loadMs / 1_000)} s under load, ${samples.length} samples`,
    `${machine}: ${answered} pushes acknowledged (${rate}; ${driven.slowestPerSecond}/s in the slowest minute), ${failed} failed`,
    `time to the answer in the worst minute: p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`,
    `numbered pushes beside them: ${beside.join(", ")}`,
    ...counts,
    typeof settled === "number" ? `both equal after ${settled} ms` : settled,
    ...uses,
    `file descriptors: ${fdsGrown} more at the end than after the warm-up, at most`,
    ...problems,
    ok ? "the proof holds" : "THE PROOF FAILS",
  ].join("\n");
}
