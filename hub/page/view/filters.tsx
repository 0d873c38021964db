/** How many agents have which health, and the choice of those that are shown. */
import { type Filter, type Health, healths } from "../state.ts";
import type { Actions } from "./actions.ts";
import { Mark, toneOfHealth } from "./look.tsx";

export interface FiltersProps {
  totals: Record<Health, number>;
  filter: Filter;
  /** Number of agents that pass the filter. */
  shown: number;
  act: Actions | undefined;
}

export function Filters({ totals, filter, shown, act }: FiltersProps) {
  const all = healths.reduce((sum, health) => sum + totals[health], 0);
  if (act === undefined) {
    return (
      <ul class="filters totals">
        {healths.map((health) => (
          <li key={health} class="choice">
            <Mark tone={toneOfHealth[health]} /> {health} <b>{totals[health]}</b>
          </li>
        ))}
      </ul>
    );
  }
  const choice = (health: Health | "all", count: number) => (
    <button
      key={health}
      type="button"
      class="choice"
      aria-pressed={filter.health === health}
      onClick={() => act.filterHealth(health)}
    >
      {health === "all" ? null : <Mark tone={toneOfHealth[health]} />} {health} <b>{count}</b>
    </button>
  );
  return (
    <search class="filters">
      <label class="search">
        <span class="unseen">Filter by name, machine or group</span>
        <input
          id="filter"
          type="search"
          placeholder="Filter by name, machine, group"
          autocomplete="off"
          spellcheck={false}
          aria-keyshortcuts="/"
          value={filter.text}
          onInput={(event) => act.filterText(event.currentTarget.value)}
        />
        <span class="key" aria-hidden="true">
          /
        </span>
      </label>
      <fieldset>
        <legend class="unseen">Health</legend>
        {choice("all", all)}
        {healths.map((health) => choice(health, totals[health]))}
      </fieldset>
      <p class="unseen" role="status">
        {shown === all ? `all ${all} agents are shown` : `${shown} of ${all} agents are shown`}
      </p>
    </search>
  );
}
