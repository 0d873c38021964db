/** What happened at the pair, newest first and by day; a shape and a word say how bad each was. */
import type { TimelineEntry, TimelineView } from "../../http/timeline-json.ts";
import { around, nearestTo, type Scrub, type Span } from "../past/scrub.ts";
import type { SectionName, Sections } from "../sections.ts";
import type { PageState, TimelineChoice } from "../state.ts";
import { daysOf, isFull, isOf, timelineGroups } from "../timeline.ts";
import { clockText, countText } from "../words.ts";
import type { Actions } from "./actions.ts";
import { type Look, Mark, toneOfEntry } from "./look.tsx";
import { ScrubBar } from "./scrub-bar.tsx";
import { SectionHead, sectionClass } from "./section-head.tsx";
import { Then } from "./then.tsx";

export interface TimelineProps {
  timeline: TimelineView;
  /** What is known besides, of which a moment of the past is told. */
  sections: Sections;
  kinds: TimelineChoice;
  older: PageState["older"];
  span: Span;
  scrub: Scrub | undefined;
  old: Partial<Record<SectionName, string>>;
  look: Look;
  act: Actions | undefined;
}

const words: Record<TimelineEntry["kind"], string> = {
  alert: "alert",
  resolved: "over",
  move: "moved",
  hub: "hub",
  link: "link",
  deploy: "deploy",
  drill: "drill",
  migration: "migration",
  maintenance: "maintenance",
};

export function Timeline(props: TimelineProps) {
  const { timeline, kinds, span, scrub, old, look, act } = props;
  return (
    <section class={sectionClass("timeline", old.timeline)} aria-labelledby="timeline-title">
      <SectionHead id="timeline-title" title="What happened" old={old.timeline}>
        {act === undefined ? null : <Kinds kinds={kinds} act={act} />}
      </SectionHead>
      {act === undefined ? null : <ScrubBar {...{ timeline, span, scrub, look }} act={act.scrub} />}
      {act === undefined || scrub === undefined ? null : <Then {...props} scrub={scrub} act={act.scrub} />}
      {scrub === undefined ? <Newest {...props} /> : <Around {...props} scrub={scrub} />}
    </section>
  );
}

function Newest({ timeline, kinds, older, look, act }: TimelineProps) {
  const shown = timeline.entries.filter((entry) => isOf(entry, kinds));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it
    <section key="newest" class="timeline-scroll" tabIndex={0} aria-label="Timeline, newest first">
      <Days entries={shown} look={look} />
      <End {...{ timeline, shown: shown.length, older, look, act }} />
    </section>
  );
}

/** A page may know of thousands: what is far from the moment is only counted. */
function Around({ timeline, kinds, look, scrub: { atMs } }: TimelineProps & { scrub: Scrub }) {
  const shown = timeline.entries.filter((entry) => isOf(entry, kinds));
  const { entries, later, earlier } = around(shown, atMs);
  const nearest = nearestTo(shown, atMs);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it
    <section key="around" class="timeline-scroll is-past" tabIndex={0} aria-label="Timeline around that moment">
      {later === 0 ? null : <p class="timeline-end">{countText(later, "later event")}</p>}
      <Days entries={entries} look={look} nearest={nearest?.id} atMs={atMs} />
      <p class="timeline-end">{entries.length === 0 ? "Nothing of this kind is known." : earlierText(earlier)}</p>
    </section>
  );
}

const earlierText = (count: number) => (count === 0 ? "Nothing earlier is loaded." : countText(count, "earlier event"));

interface DaysProps {
  entries: readonly TimelineEntry[];
  look: Look;
  /** The id of the one to be marked and shown, with the moment for which it is. */
  nearest?: string | undefined;
  atMs?: number;
}

function Days({ entries, look, nearest, atMs }: DaysProps) {
  return (
    <>
      {daysOf(entries, look.nowMs, look.zone).map(({ day, entries }) => (
        <div key={day}>
          <h3>{day}</h3>
          <ol>
            {entries.map(({ entry, time }) => (
              <Entry key={entry.id} {...{ entry, time }} atMs={entry.id === nearest ? atMs : undefined} />
            ))}
          </ol>
        </div>
      ))}
    </>
  );
}

function Kinds({ kinds, act }: { kinds: TimelineChoice; act: Actions }) {
  return (
    <fieldset class="kinds">
      <legend class="unseen">Kinds of events</legend>
      {(["all", ...timelineGroups] as const).map((choice) => (
        <button
          key={choice}
          type="button"
          class="choice"
          aria-pressed={kinds === choice}
          onClick={() => act.filterKinds(choice)}
        >
          {choice}
        </button>
      ))}
    </fieldset>
  );
}

interface EntryProps {
  entry: TimelineEntry;
  time: string;
  /** The moment that it is nearest to, of all of them. */
  atMs: number | undefined;
}

function Entry({ entry, time, atMs }: EntryProps) {
  const tone = toneOfEntry[entry.tone];
  const isNearest = atMs !== undefined;
  return (
    <li
      class={isNearest ? `entry is-${tone} is-nearest` : `entry is-${tone}`}
      aria-current={isNearest ? "true" : undefined}
      ref={isNearest ? (item) => center(item, atMs) : undefined}
    >
      <time class="clock" dateTime={entry.at}>
        {time}
      </time>
      <Mark tone={tone} />
      <span class="entry-kind">{words[entry.kind]}</span>
      <span class="entry-text">
        <strong>{entry.subject}</strong> {entry.text}
      </span>
    </li>
  );
}

/** Once for a moment: whoever scrolls on from there is let be. */
function center(item: HTMLElement | null, atMs: number): void {
  const list = item?.closest<HTMLElement>(".timeline-scroll");
  if (item === null || !list || list.dataset.at === String(atMs)) return;
  list.dataset.at = String(atMs);
  const [inner, outer] = [item.getBoundingClientRect(), list.getBoundingClientRect()];
  list.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
}

type EndProps = Pick<TimelineProps, "timeline" | "older" | "look" | "act"> & { shown: number };

function End({ timeline, shown, older, look, act }: EndProps) {
  // A full page has let go of what the hub would tell still.
  const { entries, reachesBackTo } = timeline;
  const oldest = isFull(entries) ? (entries.at(-1)?.at ?? reachesBackTo) : reachesBackTo;
  const back = clockText(oldest, look.nowMs, look.zone);
  const nothing = shown === 0 ? "Nothing of this kind is known. " : "";
  if (older === "none" || act === undefined)
    return <p class="timeline-end">{`${nothing}It reaches back to ${back}.`}</p>;
  return (
    <p class="timeline-end">
      {nothing}
      <button type="button" class="choice" disabled={older === "reading"} onClick={() => act.loadOlder()}>
        {older === "reading" ? "Reading…" : "Load older"}
      </button>
      <span class="unseen" role="status">
        {countText(shown, "event")} shown
      </span>
    </p>
  );
}
