/** The strip behind the scrubber: a lane a kind, a mark where something happened, taller where it was much; and the times below it. Pure. */
import type { TimelineEntry } from "../../http/timeline-json.ts";
import { groupOf, timelineGroups } from "../timeline.ts";
import { dayText } from "../words.ts";
import { hourMs, type Window } from "./scrub.ts";

export interface Strip {
  /** Paths by tone, in a box of `width` × `height`. */
  marks: { tone: TimelineEntry["tone"]; path: string }[];
  width: number;
  height: number;
}

const bins = 240;
const laneHeight = 10;
/** The worse is drawn over the better. */
const tones = ["note", "well", "watch", "trouble"] as const;
const rank = { note: 0, well: 1, watch: 2, trouble: 3 };

let drawn: { entries: readonly TimelineEntry[]; fromMs: number; toMs: number; strip: Strip } | undefined;

/** Worked out once for a list and a window. */
export function stripOf(entries: readonly TimelineEntry[], { fromMs, toMs }: Window): Strip {
  if (drawn?.entries !== entries || drawn.fromMs !== fromMs || drawn.toMs !== toMs)
    drawn = { entries, fromMs, toMs, strip: draw(entries, { fromMs, toMs }) };
  return drawn.strip;
}

function draw(entries: readonly TimelineEntry[], { fromMs, toMs }: Window): Strip {
  const cells = new Map<number, { count: number; tone: TimelineEntry["tone"] }>();
  for (const entry of entries) {
    const at = Math.floor(((Date.parse(entry.at) - fromMs) / (toMs - fromMs)) * bins);
    if (at < 0 || at > bins) continue;
    const key = timelineGroups.indexOf(groupOf(entry)) * bins + Math.min(at, bins - 1);
    const cell = cells.get(key);
    const tone = cell !== undefined && rank[cell.tone] > rank[entry.tone] ? cell.tone : entry.tone;
    cells.set(key, { count: (cell?.count ?? 0) + 1, tone });
  }
  const marks = tones.flatMap((tone) => {
    const path = [...cells]
      .filter(([, cell]) => cell.tone === tone)
      .map(([key, { count }]) => {
        const height = Math.min(laneHeight - 1, 4 + Math.round(1.5 * Math.log2(count)));
        const bottom = (Math.floor(key / bins) + 1) * laneHeight - 1;
        return `M${key % bins} ${bottom}v-${height}h1v${height}z`;
      })
      .join("");
    return path === "" ? [] : [{ tone, path }];
  });
  return { marks, width: bins, height: laneHeight * timelineGroups.length };
}

/** Whole hours or days of the reader's clock, with their share of the way. */
export function ticksOf({ fromMs, toMs }: Window, nowMs: number): { share: number; text: string }[] {
  const isLong = toMs - fromMs > 30 * hourMs;
  const everyHours = isLong ? 24 : toMs - fromMs > 8 * hourMs ? 6 : 1;
  const first = new Date(fromMs);
  first.setMinutes(0, 0, 0);
  const ticks: { share: number; text: string }[] = [];
  // Hour by hour, since a day is not always 24 hours long.
  for (let ms = first.getTime(); ms <= toMs; ms += hourMs) {
    const at = new Date(ms);
    const share = (ms - fromMs) / (toMs - fromMs);
    if (at.getHours() % everyHours !== 0 || share < 0.02 || share > 0.95) continue;
    const day = dayText(at.toISOString(), nowMs);
    const text = isLong ? day.replace(/^\d{4}-/, "") : `${String(at.getHours()).padStart(2, "0")}:00`;
    ticks.push({ share, text });
  }
  return ticks;
}
