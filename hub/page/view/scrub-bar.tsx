/** Moves the page to a moment of the past: a slider over a strip of what happened, and buttons for those who have no keys. */
import type { TimelineView } from "../../http/timeline-json.ts";
import { hourMs, minuteMs, type Scrub, type Span, spans, windowOf } from "../past/scrub.ts";
import { stripOf, ticksOf } from "../past/strip.ts";
import { timelineGroups } from "../timeline.ts";
import { ageText, clockText } from "../words.ts";
import type { ScrubActions } from "./actions.ts";
import { type Look, toneOfEntry } from "./look.tsx";

export interface ScrubBarProps {
  timeline: TimelineView;
  span: Span;
  scrub: Scrub | undefined;
  look: Look;
  act: ScrubActions;
}

const words: Record<Span, string> = { day: "24 h", week: "7 days" };

export function ScrubBar({ timeline, span, scrub, look, act }: ScrubBarProps) {
  const { fromMs, toMs } = windowOf(timeline, span, look.nowMs, scrub);
  const atMs = scrub?.atMs ?? toMs;
  const isLong = Date.parse(timeline.reachesBackTo) < toMs - spans.day;
  return (
    <div class={scrub === undefined ? "scrub" : "scrub is-past"}>
      <div class="scrub-lanes">
        <ul aria-hidden="true">
          {timelineGroups.map((group) => (
            <li key={group}>{group}</li>
          ))}
        </ul>
        <div class="scrub-track">
          <Strip {...{ timeline, fromMs, toMs, nowMs: look.nowMs }} />
          <input
            type="range"
            min={fromMs}
            max={toMs}
            step="any"
            value={atMs}
            aria-label="Moment that is shown"
            aria-valuetext={scrub === undefined ? "now" : momentText(atMs, look)}
            aria-describedby="scrub-hint"
            onInput={(event) => act.to(event.currentTarget.valueAsNumber)}
            onKeyDown={(event) => pressed(event, act)}
          />
        </div>
      </div>
      <div class="scrub-steps">
        <button type="button" class="choice" onClick={() => act.by("earlier")}>
          ‹ Earlier<span class="unseen"> event</span>
        </button>
        <button type="button" class="choice" disabled={scrub === undefined} onClick={() => act.by("later")}>
          Later<span class="unseen"> event</span> ›
        </button>
        {isLong ? (
          <fieldset class="scrub-spans">
            <legend class="unseen">How far back</legend>
            {(Object.keys(words) as Span[]).map((each) => (
              <button
                key={each}
                type="button"
                class="choice"
                aria-pressed={span === each}
                onClick={() => act.span(each)}
              >
                {words[each]}
              </button>
            ))}
          </fieldset>
        ) : null}
        <p class="scrub-hint" id="scrub-hint">
          Left and right move by a minute, up and down by an event, Escape goes back to now.
        </p>
      </div>
    </div>
  );
}

export const momentText = (atMs: number, { nowMs, zone }: Look): string =>
  `${clockText(new Date(atMs).toISOString(), nowMs, zone)}, ${ageText(nowMs - atMs)} ago`;

interface StripProps {
  timeline: TimelineView;
  fromMs: number;
  toMs: number;
  nowMs: number;
}

/** What it shows stands in the list. */
function Strip({ timeline, fromMs, toMs, nowMs }: StripProps) {
  const { marks, width, height } = stripOf(timeline.entries, { fromMs, toMs });
  return (
    <div class="scrub-strip">
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
        {timelineGroups.map((group, lane) => (
          <path
            key={group}
            class="lane-line"
            d={`M0 ${((lane + 1) * height) / timelineGroups.length - 0.5}H${width}`}
          />
        ))}
        {marks.map(({ tone, path }) => (
          <path key={tone} class={`is-${toneOfEntry[tone]}`} d={path} />
        ))}
      </svg>
      <svg class="scrub-times" aria-hidden="true" focusable="false">
        {ticksOf({ fromMs, toMs }, nowMs).map(({ share, text }) => (
          <text key={text} x={`${(share * 100).toFixed(2)}%`} y="11">
            {text}
          </text>
        ))}
      </svg>
    </div>
  );
}

function pressed(event: KeyboardEvent, act: ScrubActions): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const deed = keys[event.key];
  if (deed === undefined) return;
  event.preventDefault();
  deed(act);
}

const keys: Record<string, (act: ScrubActions) => void> = {
  ArrowLeft: (act) => act.by(-minuteMs),
  ArrowRight: (act) => act.by(minuteMs),
  ArrowDown: (act) => act.by("earlier"),
  ArrowUp: (act) => act.by("later"),
  PageDown: (act) => act.by(-hourMs),
  PageUp: (act) => act.by(hourMs),
  Home: (act) => act.to(0),
  End: (act) => act.now(),
};
