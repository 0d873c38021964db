/** The paths of an agent's sparkline, worked out once for each history that is read. Pure but for its memory. */
import type { AgentHistoryView } from "../http/history-json.ts";

type AgentHistory = AgentHistoryView["agents"][string];

export interface SparkPaths {
  width: number;
  /** Latency; gaps where nothing is known. */
  line: string;
  /** A tick at each step in which it was not healthy. */
  ill: string;
}

const height = 10;
/** Agents differ by less than this for no reason, ms: a flat line should look flat. */
const leastSpanMs = 2;

const drawn = new WeakMap<AgentHistory, SparkPaths | undefined>();

/** Undefined while too little is known to draw a line. */
export function sparkOf(history: AgentHistory): SparkPaths | undefined {
  if (!drawn.has(history)) drawn.set(history, draw(history));
  return drawn.get(history);
}

function draw({ latencyMs, ill }: AgentHistory): SparkPaths | undefined {
  const known = latencyMs.filter((value) => value !== null);
  if (known.length < 2) return undefined;
  const most = Math.max(...known);
  const least = Math.min(...known);
  const span = Math.max(most - least, leastSpanMs);
  let line = "";
  let pen = "M";
  for (const [at, value] of latencyMs.entries()) {
    if (value === null) {
      pen = "M";
      continue;
    }
    line += `${pen}${at} ${round(height - 1 - ((value - least) / span) * (height - 2))}`;
    pen = "L";
  }
  const ticks = ill.flatMap((share, at) => (share !== null && share > 0 ? [`M${at} 0V${height}`] : []));
  return { width: Math.max(1, latencyMs.length - 1), line, ill: ticks.join("") };
}

const round = (value: number) => Math.round(value * 10) / 10;
