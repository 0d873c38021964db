/** What is known of an agent, shown while its tile is hovered or has the focus. */
import type { AgentView, ScrapeView } from "../../http/api.ts";
import type { AgentHistoryView } from "../../http/history-json.ts";
import { groupTitle } from "../state.ts";
import { countText, latencyText } from "../words.ts";
import { agoText, type Look, Since } from "./look.tsx";
import { sparkText } from "./spark.tsx";

export interface TipProps {
  id: string;
  agent: AgentView;
  look: Look;
  history: AgentHistoryView["agents"][string] | undefined;
  historyStepMs: number;
}

export function Tip({ id, agent, look, history, historyStepMs }: TipProps) {
  return (
    <div class="tip" id={id} role="tooltip">
      <p class="tip-head">
        <strong>{agent.name}</strong> {agent.health} <Since instant={agent.since} look={look} />
      </p>
      {agent.reason === "" ? null : <p class="tip-why">{agent.reason}</p>}
      <p>
        {groupTitle(agent.group)} on {agent.machine} · {agent.probe.kind} {agent.probe.address}
      </p>
      <p>
        observed {agoText(agent.ageMs, look)}
        {agent.observedBy === null ? null : ` by ${agent.observedBy}`}
        {agent.latencyMs === null ? null : `, round trip ${latencyText(agent.latencyMs)}`}
      </p>
      {history === undefined ? null : <p>{sparkText(history, historyStepMs)}</p>}
      {agent.scrape === undefined ? null : <p>{scrapeText(agent.scrape, look)}</p>}
    </div>
  );
}

/** No alarm: an agent may have no metrics to serve. */
function scrapeText({ ok, reason, samples, ageMs }: ScrapeView, look: Look): string {
  if (!ok) return `scrape of its metrics failed ${agoText(ageMs, look)}: ${reason}`;
  return `metrics scraped ${agoText(ageMs, look)}, ${countText(samples, "series", "series")}`;
}
