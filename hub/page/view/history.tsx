/** The last 24 hours of the pair: charts where a script runs, drawn when a reader comes near them, and the same in words. */
import type { HistoryView } from "../../http/history-json.ts";
import { chartsOf } from "../history-words.ts";
import type { Actions } from "./actions.ts";
import { SectionHead, sectionClass } from "./section-head.tsx";

export interface HistoryProps {
  history: HistoryView | undefined;
  old: string | undefined;
  act: Actions | undefined;
}

export function History({ history, old, act }: HistoryProps) {
  if (history === undefined && act === undefined) return null;
  return (
    <section class={sectionClass("history", old)} aria-labelledby="history-title">
      <SectionHead id="history-title" title="The last 24 hours" old={old} />
      {history === undefined ? null : (
        <ul class="history-words">
          {chartsOf(history).map(({ title, text }) => (
            <li key={title}>{`${title}: ${text}`}</li>
          ))}
        </ul>
      )}
      {act === undefined ? null : <div class="charts" ref={act.drawCharts} />}
    </section>
  );
}
