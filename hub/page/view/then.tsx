/** How the pair was at the moment that the scrubber stands at; what cannot be known is said to be unknown. */
import type { ComponentChildren } from "preact";
import type { TimelineView } from "../../http/timeline-json.ts";
import { knownFromMs, type Scrub } from "../past/scrub.ts";
import { type ServiceThen, type Sight, sightAt } from "../past/sight.ts";
import { valuesAt } from "../past/values.ts";
import type { SectionName, Sections } from "../sections.ts";
import { isStale, type PageState } from "../state.ts";
import { clockText, countText, listText } from "../words.ts";
import type { ScrubActions } from "./actions.ts";
import { type Look, Mark, toneOfEntry } from "./look.tsx";
import { momentText } from "./scrub-bar.tsx";

export interface ThenProps {
  scrub: Scrub;
  timeline: TimelineView;
  sections: Sections;
  old: Partial<Record<SectionName, string>>;
  older: PageState["older"];
  look: Look;
  act: ScrubActions;
}

export function Then({ scrub: { atMs }, timeline, sections, old, older, look, act }: ThenProps) {
  const fromMs = knownFromMs(timeline, older);
  const sight = sightAt(
    {
      entries: timeline.entries,
      fromMs,
      // What may be wrong by now vouches for nothing.
      alerts: old.alerts === undefined ? sections.alerts?.alerts : undefined,
      services: old.services === undefined ? sections.services : undefined,
    },
    atMs,
  );
  return (
    <section class="then" aria-labelledby="then-title">
      <div class="then-head">
        <h3 id="then-title">As it was at {momentText(atMs, look)}</h3>
        <button type="button" class="choice" onClick={() => act.now()}>
          Back to now
        </button>
      </div>
      <p class="then-note">
        You are looking at the past, here and in the charts below. {isStale(look.heardAgoMs) ? staleWords : liveWords}
      </p>
      <dl>
        {sight.isReached ? null : (
          <Fact name="Known">
            {older === "reading" ? "reading older events…" : `only from ${clock(fromMs, look)} on`}
          </Fact>
        )}
        <Fact name="Alerts">
          <Alerts sight={sight} look={look} />
        </Fact>
        <Fact name="Services">
          <Services services={sight.services} />
        </Fact>
        {sight.worked.length === 0 ? null : (
          <Fact name="Worked on">
            <ul>
              {sight.worked.map(({ word, subject, text }) => (
                <li key={`${word} ${subject}`}>
                  {word} of <strong>{subject}</strong>: {text}
                </li>
              ))}
            </ul>
          </Fact>
        )}
        <Fact name="Link">{linkWords[sight.link ?? "unknown"]}</Fact>
        <Fact name="That minute">
          <Values history={sections.history} old={old.history} atMs={atMs} look={look} />
        </Fact>
      </dl>
    </section>
  );
}

const liveWords = "The headline and everything else stay live.";
const staleWords = "No hub answers: nothing on this page is live now.";
const linkWords = {
  lost: "the machines did not hear each other",
  heard: "the machines heard each other",
  unknown: "not known: no earlier word of it is loaded",
};

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Alerts({ sight: { alerts, unsure, isReached }, look }: { sight: Sight; look: Look }) {
  const names = unsure.map(({ name, subject }) => `${name} of ${subject}`);
  const unknown = names.length === 0 ? "" : `not known whether it stood already: ${listText(names, 3)}`;
  const rest = isReached ? unknown : "not known which others stood";
  if (alerts.length === 0) return <>{isReached ? unknown || "none stood" : "not known"}</>;
  return (
    <ul>
      {alerts.map(({ name, subject, tone, sinceMs, text }) => (
        <li key={`${name} ${subject}`} class={`is-${toneOfEntry[tone]}`}>
          <Mark tone={toneOfEntry[tone]} /> <span class="what">{name}</span> <strong>{subject}</strong>{" "}
          <span class="soft">since {clock(sinceMs, look)}</span> {text}
        </li>
      ))}
      {rest === "" ? null : <li>{rest}</li>}
    </ul>
  );
}

function Services({ services }: { services: ServiceThen[] }) {
  if (services.length === 0) return <>none are known</>;
  const unknown = services.filter(({ owner }) => owner === undefined);
  const away = services.filter(({ owner, home }) => owner !== undefined && owner !== home);
  const home = services.length - unknown.length - away.length;
  const counts = [
    home === 0 ? "" : `${countText(home, "service")} at home`,
    unknown.length === 0 ? "" : `${unknown.length === services.length ? "not" : `of ${unknown.length} not`} known`,
  ].filter((text) => text !== "");
  return (
    <>
      {away.length === 0 ? null : (
        <ul class="then-services">
          {away.map(({ name, ...place }) => (
            <li key={name}>
              <strong>{name}</strong> {placeText(place)}
            </li>
          ))}
        </ul>
      )}
      <details>
        <summary>{counts.length === 0 ? "All of them" : listText(counts)}</summary>
        <ul class="then-services">
          {services.map(({ name, ...place }) => (
            <li key={name}>
              {name} <span class="soft">{placeText(place)}</span>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

const placeText = ({ owner, epoch }: Pick<ServiceThen, "owner" | "epoch">): string =>
  owner === undefined ? "not known" : `on ${owner}, epoch ${epoch ?? "not known"}`;

interface ValuesProps {
  history: Sections["history"];
  old: string | undefined;
  atMs: number;
  look: Look;
}

function Values({ history, old, atMs, look }: ValuesProps) {
  if (history === undefined) return <>{old ?? "reading the history…"}</>;
  const values = valuesAt(history, atMs);
  if (values === "late") return <>{old ?? "not known yet: a minute is told once it is over"}</>;
  if (values === "early")
    return <>{`not known: the history is kept from ${clock(Date.parse(history.from), look)} on`}</>;
  return (
    <ul class="then-values">
      {values.map(({ title, text }) => (
        <li key={title}>
          {title} <b>{text}</b>
        </li>
      ))}
    </ul>
  );
}

const clock = (atMs: number, { nowMs, zone }: Look) => clockText(new Date(atMs).toISOString(), nowMs, zone);
