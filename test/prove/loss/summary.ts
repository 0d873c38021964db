/** Counts what happened in a proof and says whether it holds. */
import type { AuditFindings } from "./audit.ts";
import type { Outcome, PushLog } from "./push.ts";
import type { Verdict } from "./verdict.ts";

export interface Summary {
  seed: number;
  /** Whether every acknowledged push is accounted for, nothing is there twice and all sides are equal. */
  ok: boolean;
  rounds: number;
  pushes: Record<Outcome, number>;
  /** How often the hubs did not take a push, by their words or the socket's. */
  reasons: Record<string, number>;
  faults: Record<string, number>;
  /** Why there was no full disk; empty when there was one. */
  noFullDisk: string;
  lost: string[];
  strange: string[];
  /** What did not become equal, or was missing by a ledger, after all was healed; empty when nothing. */
  unequal: string;
  twice: string[];
  absent: string[];
  /** Records that the audit read, and whether some were purged before it could. */
  records: number;
  purged: boolean;
  /** Longest time from the heal of all to equality of all, ms. */
  longestSettleMs: number;
}

export function count(seed: number, noFullDisk: string) {
  const summary: Summary = {
    seed,
    ok: true,
    rounds: 0,
    pushes: { peer: 0, local: 0, refused: 0, unknown: 0 },
    reasons: {},
    faults: {},
    noFullDisk,
    lost: [],
    strange: [],
    unequal: "",
    twice: [],
    absent: [],
    records: 0,
    purged: false,
    longestSettleMs: 0,
  };
  const judgeAll = () => {
    const { lost, strange, unequal, twice, absent } = summary;
    summary.ok = [lost, strange, twice, absent].every((list) => list.length === 0) && unequal === "";
  };
  return {
    get ok() {
      return summary.ok;
    },
    get rounds() {
      return summary.rounds;
    },
    get lost() {
      return summary.lost.length;
    },
    pushed({ outcome, reason }: PushLog): void {
      summary.pushes[outcome]++;
      if (reason !== "") increment(summary.reasons, reason.replaceAll(/\d{4,}/g, "…").slice(0, 120));
    },
    fault(kind: string): void {
      increment(summary.faults, kind);
    },
    round(tookMs: number, { lost, strange }: Verdict): void {
      summary.rounds++;
      summary.longestSettleMs = Math.max(summary.longestSettleMs, tookMs);
      summary.lost.push(
        ...lost.map(
          ({ push, metric, stands }) => `${metric} of ${JSON.stringify(push)}: ${stands ?? "nothing"} stands`,
        ),
      );
      summary.strange.push(...strange);
      judgeAll();
    },
    unequal(what: string): void {
      summary.unequal = what;
      judgeAll();
    },
    audited(findings: AuditFindings): void {
      Object.assign(summary, findings);
      judgeAll();
    },
    done: (): Summary => summary,
  };
}

const shown = 10;

export function toText(summary: Summary): string {
  const { pushes, faults, ok } = summary;
  const acknowledged = pushes.peer + pushes.local;
  const total = acknowledged + pushes.refused + pushes.unknown;
  const lines = [
    `pushes ${total}: acknowledged ${acknowledged} (peer ${pushes.peer}, local ${pushes.local}), refused ${pushes.refused}, unknown ${pushes.unknown}`,
    `faults ${Object.values(faults).reduce((a, b) => a + b, 0)}: ${pairs(faults)}`,
    `rounds ${summary.rounds}, longest way back to equality ${summary.longestSettleMs} ms, ${summary.records} records audited${summary.purged ? ", others purged before they could be" : ""}`,
    `lost ${summary.lost.length}, strange ${summary.strange.length}, twice ${summary.twice.length}, absent ${summary.absent.length}, unequal ${summary.unequal === "" ? 0 : 1}`,
    ...[...summary.lost, ...summary.strange, ...summary.twice, ...summary.absent].slice(0, shown),
    ...(summary.unequal === "" ? [] : [summary.unequal]),
    ok ? `the proof holds (seed ${summary.seed})` : `THE PROOF FAILS: repeat it with --seed ${summary.seed}`,
  ];
  return lines.join("\n");
}

function pairs(counts: Record<string, number>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, n]) => `${name} ${n}`)
    .join(", ");
}

function increment(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
