/** Looks at both hubs at once, as often as the run asks, and says of each agent how it does there. */
import { messageOf } from "../../hub/io/log.ts";
import { ask } from "../client/hub-client.ts";
import { textOf } from "../deploy/look.ts";
import { percentile, type Sample } from "./samples.ts";
import { type HubShow, showOf } from "./sight.ts";

export interface Look {
  /** Monotonic ms. */
  atMs: number;
  /** Of hubs that answer. */
  shows: HubShow[];
  /** Why the pair is not whole; undefined when it is. */
  pairAway: string | undefined;
}

const askMs = 3_000;

/** @param hubs base URLs by machine */
export async function lookAtPair(hubs: ReadonlyMap<string, string>): Promise<Look> {
  const asked = await Promise.all([...hubs].map(([machine, url]) => show(machine, url)));
  const shows = asked.flatMap((one) => (typeof one === "string" ? [] : [one]));
  const away = asked.filter((one) => typeof one === "string");
  return { atMs: performance.now(), shows, pairAway: away.length > 0 ? away.join("; ") : whyNotWhole(shows) };
}

/** A hub that says nothing of an agent, or knows nothing yet, leaves the sample open. */
export function sampleOf({ atMs, shows }: Look, machine: string, agent: string): Sample {
  const views = shows.flatMap(({ hub, fleet }) => {
    const view = fleet.agents.find((one) => one.machine === machine && one.name === agent);
    return view === undefined ? [] : [{ hub, view }];
  });
  const known = views.filter(({ view }) => view.health !== "unknown");
  const ill = known.find(({ view }) => view.health !== "healthy")?.view;
  const observer = known.find(({ hub, view }) => hub === view.observedBy)?.view;
  const others = shows.find(({ hub }) => hub === observer?.observedBy)?.fleet.agents ?? [];
  const around = others.flatMap((one) => (one.machine === machine && one.name !== agent ? (one.latencyMs ?? []) : []));
  const said = ill === undefined ? "" : `${ill.health}${ill.reason === "" ? "" : `, ${ill.reason}`}`;
  return {
    atMs,
    ill: known.length === 0 ? undefined : said,
    latencyMs: observer?.latencyMs ?? null,
    aroundMs: percentile(around, 0.5),
  };
}

async function show(machine: string, url: string): Promise<HubShow | string> {
  const [fleet, metrics] = await Promise.all([ask(url, "getFleet", {}, askMs), textOf(`${url}/metrics`)]);
  if (fleet === undefined || metrics === undefined) return `the hub of ${machine} does not answer`;
  try {
    return showOf(machine, fleet, metrics);
  } catch (error) {
    return messageOf(error);
  }
}

function whyNotWhole(shows: readonly HubShow[]): string | undefined {
  const [apart] = shows.filter(({ fleet }) => fleet.sync.state !== "in-sync");
  return apart && `${apart.hub} is not in sync with its peer: ${apart.fleet.sync.reason}`;
}
