/** What operators chose to work on or not to hear of, until when, and for an operator the end of each. */
import type { MaintenanceView } from "../../http/api.ts";
import type { SilenceView } from "../../http/notifications-json.ts";
import { clockText } from "../words.ts";
import type { OperatorSeat } from "./actions.ts";
import { type Look, Mark } from "./look.tsx";
import { SectionHead } from "./section-head.tsx";

export interface WorkedOnProps {
  maintenance: readonly MaintenanceView[];
  silences: readonly SilenceView[];
  look: Look;
  operator: OperatorSeat | undefined;
}

export function WorkedOn({ maintenance, silences, look, operator }: WorkedOnProps) {
  if (maintenance.length + silences.length === 0) return null;
  const row = (word: string, item: SilenceView, end: (() => void) | undefined) => (
    <li key={`${word} ${item.target}`} class="is-unknown">
      <Mark tone="unknown" />
      <span class="what">{word}</span>
      <span class="who">
        <strong>{item.target}</strong>
      </span>
      <span class="since">until {clockText(item.until, look.nowMs, look.zone)}</span>
      <span class="deeds">
        {end === undefined ? null : (
          <button type="button" class="deed" onClick={end}>
            End<span class="unseen">{` ${word} of ${item.target}`}</span>
          </button>
        )}
      </span>
      <span class="why">
        {item.by}
        {item.reason === "" ? null : `: ${item.reason}`}
      </span>
    </li>
  );
  return (
    <section class="worked-on" aria-labelledby="worked-on-title">
      <SectionHead id="worked-on-title" title="Worked on" old={undefined} />
      <ul class="rows">
        {maintenance.map((item) =>
          row("maintenance", item, operator && (() => operator.act.endMaintenance(item.target))),
        )}
        {silences.map((item) => row("silence", item, operator && (() => operator.act.endSilence(item.target))))}
      </ul>
    </section>
  );
}
