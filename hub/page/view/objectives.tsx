/** What availability is promised, what is left of its budget, how fast that burns, and each of 90 days as a bar. */
import type { ObjectivesView, ObjectiveView } from "../../http/objectives-json.ts";
import { barsOf } from "../objective-bars.ts";
import { shareText } from "../words.ts";
import { type Look, Mark, type Tone } from "./look.tsx";
import { SectionHead, sectionClass } from "./section-head.tsx";

export interface ObjectivesProps {
  objectives: ObjectivesView;
  old: string | undefined;
  look: Look;
}

const mostShown = 6;

export function Objectives({ objectives: { objectives }, old, look }: ObjectivesProps) {
  if (objectives.length === 0) return null;
  const ordered = objectives.toSorted((a, b) => rank(a) - rank(b) || a.budgetLeft - b.budgetLeft);
  const one = (objective: ObjectiveView) => <Objective key={objective.name} {...{ objective, look }} />;
  const rest = ordered.slice(mostShown);
  return (
    <section class={sectionClass("objectives", old)} aria-labelledby="objectives-title">
      <SectionHead id="objectives-title" title="Objectives" old={old} />
      {ordered.slice(0, mostShown).map(one)}
      {rest.length === 0 ? null : (
        <details>
          <summary>{rest.length} more, with more of their budget left</summary>
          {rest.map(one)}
        </details>
      )}
    </section>
  );
}

/** The pair first: of it everything else hangs. */
const rank = ({ name }: ObjectiveView) => (name === "pair" ? 0 : 1);

function Objective({ objective, look }: { objective: ObjectiveView; look: Look }) {
  const { name, target, windowDays, availability, budgetLeft, burning, burnRates } = objective;
  const tone = toneOf(objective);
  const id = `objective-${name}`;
  const { bars, paths, text } = barsOf(objective, look.nowMs);
  return (
    <article class={`objective is-${tone}`} aria-labelledby={id}>
      <h3 id={id}>
        <Mark tone={tone} /> {name}
      </h3>
      <p class="objective-figures">
        {availability === null ? "not measured yet" : shareText(availability, 3)}
        <span class="soft">{` of ${shareText(target, 3)} promised in ${windowDays} days`}</span>
      </p>
      <p class="objective-budget">
        {budgetText(budgetLeft)}
        {burning === "no" ? null : <strong>{`, burning: ${burning}`}</strong>}
      </p>
      <svg class="days" viewBox={`0 0 ${bars.length} 10`} preserveAspectRatio="none" role="img" aria-label={text}>
        {paths.map(({ tone: of, line }) => (
          <path key={of} class={`is-${of}`} d={line} />
        ))}
      </svg>
      <p class="objective-burn">
        {burnRates.map(({ window, rate }) => `${window} ${rate === null ? "–" : `${rateText(rate)}×`}`).join(" · ")}
        <span class="unseen"> is how fast the budget burns in each window; at 1 it lasts as long as the promise</span>
      </p>
    </article>
  );
}

const rateText = (rate: number) => (rate >= 10 ? rate.toFixed(0) : rate.toFixed(1));

function toneOf({ availability, budgetLeft, burning }: ObjectiveView): Tone {
  if (availability === null) return "unknown";
  if (burning === "urgent" || budgetLeft <= 0) return "trouble";
  return burning === "warning" || budgetLeft < 0.25 ? "watch" : "well";
}

function budgetText(left: number): string {
  if (left <= 0) return left < 0 ? `budget overdrawn by ${shareText(-left, 0)}` : "budget used up";
  return `${shareText(left, 0)} of the budget left`;
}
