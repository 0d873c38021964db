/** One agent: its name, its health by shape, word and colour, and what is known of it on hover or focus. */
import { Fragment } from "preact";
import type { AgentView, ScrapeView } from "../../http/api.ts";
import type { AgentHistoryView } from "../../http/history-json.ts";
import { groupTitle, oldObservationMs } from "../state.ts";
import { ageText, countText, latencyText, nameParts } from "../words.ts";
import { agoText, type Look, Mark, Since, toneOfHealth } from "./look.tsx";
import { Spark, sparkText } from "./spark.tsx";

/** How a tile stands to the chosen one. */
export type Relation = "chosen" | "needed" | "below" | "apart";

export interface TileProps {
  agent: AgentView;
  look: Look;
  /** Whether the Tab key reaches this tile; arrows reach the others. */
  reached: boolean;
  onFocus: (() => void) | undefined;
  /** Missing where no script runs. */
  onChoose: (() => void) | undefined;
  /** Undefined while none is chosen. */
  relation: Relation | undefined;
  history: AgentHistoryView["agents"][string] | undefined;
  historyStepMs: number;
}

const relationWords: Record<Relation, string> = {
  chosen: "chosen",
  needed: "needed by the chosen one",
  below: "hangs below the chosen one",
  apart: "",
};

export function Tile({ agent, look, reached, onFocus, onChoose, relation, history, historyStepMs }: TileProps) {
  const tip = `tip-${agent.machine}-${agent.name}`;
  const ageMs = agent.ageMs === null ? null : agent.ageMs + look.heardAgoMs;
  const old = ageMs !== null && ageMs >= oldObservationMs;
  return (
    <li>
      <button
        type="button"
        class={`tile is-${toneOfHealth[agent.health]}${old ? " old" : ""}${relation === undefined ? "" : ` ${relation}`}`}
        data-agent={`${agent.machine}/${agent.name}`}
        aria-describedby={tip}
        tabIndex={reached ? 0 : -1}
        aria-pressed={onChoose === undefined ? undefined : relation === "chosen"}
        onFocus={onFocus}
        onClick={onChoose}
      >
        <Mark tone={toneOfHealth[agent.health]} />
        <span class="name">
          {nameParts(agent.name).map((part, at) => (
            <Fragment key={part}>
              {at === 0 ? null : <wbr />}
              {part}
            </Fragment>
          ))}
        </span>
        {agent.health === "healthy" ? <span class="unseen">, healthy, </span> : null}
        <span class="note">{noteOf(agent, old ? ageMs : null)}</span>
        {history === undefined ? null : <Spark history={history} />}
        {relation === undefined || relation === "apart" ? null : (
          <span class="unseen">, {relationWords[relation]}</span>
        )}
      </button>
      <div class="tip" id={tip} role="tooltip">
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
    </li>
  );
}

/** No alarm: an agent may have no metrics to serve. */
function scrapeText({ ok, reason, samples, ageMs }: ScrapeView, look: Look): string {
  if (!ok) return `scrape of its metrics failed ${agoText(ageMs, look)}: ${reason}`;
  return `metrics scraped ${agoText(ageMs, look)}, ${countText(samples, "series", "series")}`;
}

function noteOf({ health, latencyMs }: AgentView, oldMs: number | null): string {
  const age = oldMs === null ? "" : `${ageText(oldMs)} old`;
  if (health !== "healthy") return age === "" ? health : `${health}, ${age}`;
  if (age !== "") return age;
  return latencyMs === null ? "" : latencyText(latencyMs);
}
