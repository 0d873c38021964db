/** Why something went wrong, as far as the events of that time tell. */
import type { SoakEvent } from "./slice.ts";

/** What is done shows a moment later, and what is seen was done a moment before. */
const beforeMs = 15_000;
const afterMs = 2_000;
const wellWords: readonly string[] = ["alive", "in-sync", "healthy"];

/** The likeliest first: what was done on purpose, who was dead, what ended, what was not in sync; `unknown` of nothing. */
export function likelyCause(fromMs: number, toMs: number, events: readonly SoakEvent[]): string {
  const near = events.filter(
    (event) => event.atMs <= toMs + afterMs && (event.toMs ?? event.atMs) >= fromMs - beforeMs,
  );
  const said = (kind: SoakEvent["kind"]) => near.filter((event) => event.kind === kind).map(({ what }) => what);
  const faults = said("fault");
  if (faults.length > 0) return `fault injected: ${unique(faults)}`;
  const ill = standing(fromMs, toMs, events);
  const dead = ill.filter(({ turn }) => turn?.of !== "sync");
  if (dead.length > 0) return unique(dead.map(({ what }) => what));
  const ended = said("process");
  if (ended.length > 0) return unique(ended);
  const behind = ill.filter(({ turn }) => turn?.of === "sync");
  if (behind.length > 0) return unique(behind.map(({ what }) => what));
  const others = [...said("problem"), ...said("start"), ...said("stop")];
  return others.length > 0 ? unique(others) : "unknown: no fault, verdict or end of a process at that time";
}

/** Verdicts other than good ones that were given in that time, or stood then since earlier. */
function standing(fromMs: number, toMs: number, events: readonly SoakEvent[]): SoakEvent[] {
  const now = new Map<string, SoakEvent>();
  const ill = new Set<SoakEvent>();
  for (const event of events) {
    const { turn, atMs } = event;
    if (turn === undefined || atMs > toMs + afterMs) continue;
    const key = `${turn.by} ${turn.of}`;
    const before = now.get(key);
    if (atMs >= fromMs - beforeMs && before !== undefined && isIll(before)) ill.add(before);
    now.set(key, event);
    if (atMs >= fromMs - beforeMs && isIll(event)) ill.add(event);
  }
  for (const event of now.values()) if (isIll(event)) ill.add(event);
  return [...ill];
}

const isIll = ({ turn }: SoakEvent) => turn !== undefined && !wellWords.includes(turn.to);

const mostNamed = 3;

function unique(texts: readonly string[]): string {
  const all = [...new Set(texts)];
  const left = all.length - mostNamed;
  return [...all.slice(0, mostNamed), ...(left > 0 ? [`and ${left} more`] : [])].join("; ");
}
