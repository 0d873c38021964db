/** What all parts of the page are drawn with: the time, the tones, and the marks that tell tones apart without colour. */
import type { ComponentChildren } from "preact";
import type { AgentView, SatelliteView } from "../../http/api.ts";
import type { TimelineEntry } from "../../http/timeline-json.ts";
import type { Level } from "../headline.ts";
import { isStale } from "../state.ts";
import { ageText, clockText, durationText, type Zone } from "../words.ts";

/** When and where the page is read. */
export interface Look {
  /** By the clock of the hub that answers, ms since 1970. */
  nowMs: number;
  /** Age of the newest news from any hub, ms. */
  heardAgoMs: number;
  zone: Zone;
}

export type Tone = Level | "unknown";

export const toneOfEntry: Record<TimelineEntry["tone"], Tone> = {
  trouble: "trouble",
  watch: "watch",
  well: "well",
  note: "unknown",
};

export const toneOfHealth: Record<AgentView["health"], Tone> = {
  healthy: "well",
  degraded: "watch",
  unhealthy: "trouble",
  unknown: "unknown",
};

export const toneOfVerdict: Record<SatelliteView["verdict"], Tone> = {
  alive: "well",
  suspect: "watch",
  dead: "trouble",
  isolated: "unknown",
  unknown: "unknown",
};

/** A disc, a triangle, a square or a ring; the word for it stands beside it. */
export function Mark({ tone }: { tone: Tone }) {
  return (
    <svg class={`mark is-${tone}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {shapes[tone]}
    </svg>
  );
}

const shapes: Record<Tone, ComponentChildren> = {
  well: (
    <>
      <circle class="fill" cx="8" cy="8" r="7" />
      <path class="sign" d="M4.9 8.3 7.1 10.5 11.1 5.8" />
    </>
  ),
  watch: (
    <>
      <path class="fill" d="M8 1.2 15.4 14.4H.6Z" />
      <path class="sign" d="M8 5.8V9.6M8 11.9V12" />
    </>
  ),
  trouble: (
    <>
      <rect class="fill" x="1" y="1" width="14" height="14" rx="2" />
      <path class="sign" d="M5.2 5.2 10.8 10.8M10.8 5.2 5.2 10.8" />
    </>
  ),
  unknown: <circle class="ring" cx="8" cy="8" r="6" />,
};

/** `since 14:03:22 · 12 s` */
export function Since({ instant, look }: { instant: string; look: Look }) {
  return (
    <span class="since">
      since <time dateTime={instant}>{clockText(instant, look.nowMs, look.zone)}</time>
      {` · ${ageText(look.nowMs - Date.parse(instant))}`}
    </span>
  );
}

/** `40 ms ago` as the hub told it; once nothing more is heard the age grows, or it would look fresh for ever. */
export function agoText(ageMs: number | null, look: Look): string {
  if (ageMs === null) return "not yet";
  return `${durationText(ageMs + (isStale(look.heardAgoMs) ? look.heardAgoMs : 0), "ms")} ago`;
}
