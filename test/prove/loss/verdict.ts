/**
 * Says of each acknowledged push whether the final state still knows it: it stands, or a write of the same metric that came
 * later, or may have come later, stands in its place. Pure, so that it can be shown to find what it should.
 */
import { type HubDeath, isAcknowledged, lastStampMs, type PushLog } from "./push.ts";

/** What stands, by job and metric: the number of the push that wrote it. A metric that is not there has no entry. */
export type Standing = Map<string, Map<string, number>>;

export interface Lost {
  push: PushLog;
  metric: string;
  /** What stands instead; undefined when nothing does. */
  stands: number | undefined;
}

export interface VerdictInput {
  /** Pushes of this round, in any order. */
  log: readonly PushLog[];
  deaths: readonly HubDeath[];
  /** What stood before the round. */
  before: Standing;
  /** What stands after it. */
  after: Standing;
}

export interface Verdict {
  lost: Lost[];
  /** Values that no push of the round wrote and that did not stand before. */
  strange: string[];
}

export function judge({ log, deaths, before, after }: VerdictInput): Verdict {
  const verdict: Verdict = { lost: [], strange: [] };
  const effective = log.filter(({ outcome }) => outcome !== "refused");
  const byJob = Map.groupBy(effective, ({ job }) => job);
  for (const job of new Set([...byJob.keys(), ...before.keys(), ...after.keys()])) {
    const pushes = byJob.get(job) ?? [];
    const metrics = new Set([
      ...pushes.flatMap((push) => push.metrics),
      ...(before.get(job)?.keys() ?? []),
      ...(after.get(job)?.keys() ?? []),
    ]);
    for (const metric of metrics) {
      const writers = pushes.filter((push) => push.op !== "post" || push.metrics.includes(metric));
      const stood = before.get(job)?.get(metric);
      const stands = after.get(job)?.get(metric);
      judgeMetric({ metric, writers, stood, stands }, { log, deaths }, verdict, `${job} ${metric}`);
    }
  }
  return verdict;
}

interface MetricCase {
  metric: string;
  writers: PushLog[];
  stood: number | undefined;
  stands: number | undefined;
}

function judgeMetric(
  { metric, writers, stood, stands }: MetricCase,
  { log, deaths }: Pick<VerdictInput, "log" | "deaths">,
  verdict: Verdict,
  place: string,
): void {
  const effectOf = (push: PushLog) => (push.metrics.includes(metric) ? push.number : undefined);
  const makers = writers.filter((push) => effectOf(push) === stands);
  const acknowledged = writers.filter(isAcknowledged);
  const known = makers.length > 0 || stands === stood;
  if (!known) verdict.strange.push(`${place} is ${stands ?? "gone"}`);
  // The best of those that can have made what stands: the one that may have been stamped last.
  const lastMs = Math.max(...makers.map((push) => lastStampMs(push, log, deaths)));
  for (const push of acknowledged) {
    if (makers.includes(push) || push.sentAtMs <= lastMs) continue;
    verdict.lost.push({ push, metric, stands });
  }
}
