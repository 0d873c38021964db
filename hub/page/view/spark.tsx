/** An agent's latency of the last hour as a small line; where it was ill the line is broken by marks. */
import type { AgentHistoryView } from "../../http/history-json.ts";
import { sparkOf } from "../sparkline.ts";
import { durationText } from "../words.ts";

type AgentHistory = AgentHistoryView["agents"][string];

export function Spark({ history }: { history: AgentHistory }) {
  const spark = sparkOf(history);
  if (spark === undefined) return null;
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${spark.width} 10`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {spark.ill === "" ? null : <path class="spark-ill" d={spark.ill} />}
      <path class="spark-line" d={spark.line} />
    </svg>
  );
}

/** The same in words, for the tip. */
export function sparkText(history: AgentHistory, stepMs: number): string | undefined {
  const known = history.latencyMs.filter((value) => value !== null);
  if (known.length === 0) return undefined;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const span = durationText(history.latencyMs.length * stepMs);
  const ill = history.ill.filter((share) => share !== null && share > 0).length;
  const illness = ill === 0 ? "" : `, not healthy in ${durationText(ill * stepMs)} of them`;
  return `round trips of the last ${span}: ${durationText(least, "ms")} to ${durationText(most, "ms")}${illness}`;
}
