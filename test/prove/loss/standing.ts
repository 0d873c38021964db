/** What stands in a hub or a Pushgateway, by its own `/api/v1/metrics`, in a form that can be compared. */
import { z } from "zod";
import type { Standing } from "./verdict.ts";

const Family = z.object({
  type: z.string(),
  metrics: z.array(z.object({ labels: z.record(z.string(), z.string()), value: z.string().optional() })),
});
const Groups = z.object({
  data: z.array(z.looseObject({ labels: z.record(z.string(), z.string()) })),
});
/** Of a group, but none of its metrics: a Pushgateway stamps its own push times. */
const notMetrics = new Set(["labels", "last_push_successful", "push_time_seconds", "push_failure_time_seconds"]);
const askDeadlineMs = 5_000;

/** One line per series, sorted: equal texts are equal states. */
export type StateText = string;

export async function readState(base: string): Promise<{ text: StateText; standing: Standing }> {
  const answer = await fetch(`${base}/api/v1/metrics`, { signal: AbortSignal.timeout(askDeadlineMs) });
  const { data } = Groups.parse(await answer.json());
  const standing: Standing = new Map();
  const lines: string[] = [];
  for (const { labels, ...group } of data) {
    // A hub and a Pushgateway name the labels of a group in orders of their own.
    const name = Object.entries(labels).sort().flat().join("=");
    lines.push(name);
    const metrics = new Map<string, number>();
    for (const [family, value] of Object.entries(group)) {
      if (notMetrics.has(family)) continue;
      const parsed = Family.parse(value);
      for (const metric of parsed.metrics) {
        lines.push(
          `${name} ${family} ${parsed.type} ${JSON.stringify(Object.entries(metric.labels).sort())} ${metric.value}`,
        );
        metrics.set(family, Number(metric.value));
      }
    }
    standing.set(labels.job ?? "", metrics);
  }
  return { text: lines.sort().join("\n"), standing };
}

/** The first line that one has and the other has not; empty when they are equal. */
export function difference(a: StateText, b: StateText): string {
  if (a === b) return "";
  const [left, right] = [new Set(a.split("\n")), new Set(b.split("\n"))];
  const onlyLeft = [...left].find((line) => !right.has(line));
  const onlyRight = [...right].find((line) => !left.has(line));
  return `only the one has [${onlyLeft ?? ""}], only the other [${onlyRight ?? ""}]`;
}
