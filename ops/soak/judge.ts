/** Holds the figures of a run against its bars: pass, fail or incomplete, and each breach with its time and likely cause. */
import { barLines, unobservedPercent } from "./bar-lines.ts";
import { breachesOf } from "./breaches.ts";
import type { Judged, Verdict } from "./verdict.ts";
import { duration, percent } from "./words.ts";

export function judge(judged: Judged): Verdict {
  const { figures, bars, askedMs } = judged;
  const { availability, observedMs, notObservedMs } = figures;
  const incomplete = whyIncomplete(judged);
  const lines = barLines(judged);
  const breaches = lines.filter(({ holds }) => holds === false).flatMap((line) => breachesOf(line, judged));
  const failedPercent = availability === null ? null : 100 - availability.percent;
  const allowed = 100 - bars.availability;
  return {
    verdict: breaches.length > 0 ? "fail" : incomplete.length > 0 ? "incomplete" : "pass",
    askedMs,
    observedMs,
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

function whyIncomplete({ figures, bars, askedMs }: Judged): string[] {
  const { observedMs, notObservedMs } = figures;
  const reasons: string[] = [];
  if (observedMs < askedMs) reasons.push(`observed ${duration(observedMs)} of ${duration(askedMs)} asked for`);
  const share = unobservedPercent(figures);
  if (share > bars.unobserved)
    reasons.push(
      `${duration(notObservedMs)} were not observed, ${percent(share)} of the time (bar ${bars.unobserved} %)`,
    );
  if (figures.requests === 0) reasons.push("nothing was asked");
  if (figures.pushes.lost === null)
    reasons.push("the hubs could not be asked, in sync, whether the last pushes are held");
  return reasons;
}
