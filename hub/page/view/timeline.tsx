/** What happened at the pair, newest first and by day; a shape and a word say how bad each was. */
import type { TimelineEntry, TimelineView } from "../../http/timeline-json.ts";
import type { PageState, TimelineChoice } from "../state.ts";
import { daysOf, isFull, isOf, timelineGroups } from "../timeline.ts";
import { clockText, countText } from "../words.ts";
import type { Actions } from "./actions.ts";
import { type Look, Mark, type Tone } from "./look.tsx";
import { SectionHead, sectionClass } from "./section-head.tsx";

export interface TimelineProps {
  timeline: TimelineView;
  kinds: TimelineChoice;
  older: PageState["older"];
  old: string | undefined;
  look: Look;
  act: Actions | undefined;
}

const tones: Record<TimelineEntry["tone"], Tone> = {
  trouble: "trouble",
  watch: "watch",
  well: "well",
  note: "unknown",
};
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

export function Timeline({ timeline, kinds, older, old, look, act }: TimelineProps) {
  const shown = timeline.entries.filter((entry) => isOf(entry, kinds));
  return (
    <section class={sectionClass("timeline", old)} aria-labelledby="timeline-title">
      <SectionHead id="timeline-title" title="What happened" old={old}>
        {act === undefined ? null : <Kinds kinds={kinds} act={act} />}
      </SectionHead>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it */}
      <section class="timeline-scroll" tabIndex={0} aria-label="Timeline, newest first">
        {daysOf(shown, look.nowMs, look.zone).map(({ day, entries }) => (
          <div key={day}>
            <h3>{day}</h3>
            <ol>
              {entries.map(({ entry, time }) => (
                <Entry key={entry.id} {...{ entry, time }} />
              ))}
            </ol>
          </div>
        ))}
        <End {...{ timeline, shown: shown.length, older, look, act }} />
      </section>
    </section>
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

function Entry({ entry, time }: { entry: TimelineEntry; time: string }) {
  const tone = tones[entry.tone];
  return (
    <li class={`entry is-${tone}`}>
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
