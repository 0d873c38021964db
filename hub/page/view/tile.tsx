/** One agent: its name, its health by shape, word and colour, and beside it a tip with all that is known of it. */
import { Fragment } from "preact";
import type { AgentView } from "../../http/api.ts";
import type { AgentHistoryView } from "../../http/history-json.ts";
import { oldObservationMs } from "../state.ts";
import { ageText, latencyText, nameParts } from "../words.ts";
import { type Look, Mark, toneOfHealth } from "./look.tsx";
import { Spark } from "./spark.tsx";
import { Tip } from "./tip.tsx";

/** How a tile stands to the chosen one. */
export type Relation = "chosen" | "needed" | "below" | "apart";

export interface TileProps {
  agent: AgentView;
  look: Look;
  /** Whether the Tab key reaches this tile; arrows reach the others. */
  reached: boolean;
  /** Whether its tip is there to be shown: of 1,000 tiles only those that a reader is at, where a script runs. */
  tipped: boolean;
  onFocus: (() => void) | undefined;
  onHover: (() => void) | undefined;
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

export function Tile(props: TileProps) {
  const { agent, look, reached, tipped, onFocus, onHover, onChoose, relation, history, historyStepMs } = props;
  const tip = `tip-${agent.machine}-${agent.name}`;
  const ageMs = agent.ageMs === null ? null : agent.ageMs + look.heardAgoMs;
  const old = ageMs !== null && ageMs >= oldObservationMs;
  return (
    <li>
      <button
        type="button"
        class={`tile is-${toneOfHealth[agent.health]}${old ? " old" : ""}${relation === undefined ? "" : ` ${relation}`}`}
        data-agent={`${agent.machine}/${agent.name}`}
        aria-describedby={tipped ? tip : undefined}
        tabIndex={reached ? 0 : -1}
        aria-pressed={onChoose === undefined ? undefined : relation === "chosen"}
        onFocus={onFocus}
        onPointerEnter={onHover}
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
      {tipped ? <Tip id={tip} {...{ agent, look, history, historyStepMs }} /> : null}
    </li>
  );
}

function noteOf({ health, latencyMs }: AgentView, oldMs: number | null): string {
  const age = oldMs === null ? "" : `${ageText(oldMs)} old`;
  if (health !== "healthy") return age === "" ? health : `${health}, ${age}`;
  if (age !== "") return age;
  return latencyMs === null ? "" : latencyText(latencyMs);
}
