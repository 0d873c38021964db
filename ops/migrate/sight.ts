/** Finds an agent's groups in what a hub shows of all pushes and scrapes. Pure. */
import type { Family } from "../../hub/core/exposition/family.ts";
import { parseExposition } from "../../hub/core/exposition/parse.ts";
import type { FleetView } from "../../hub/http/api.ts";
import type { HubSight, SeenGroup } from "./agent-step.ts";

/** Gauge of an agent that has read a hub file (docs/agents.md). */
const revisionName = "tandem_agent_hub_revision";
const pushTimeName = "push_time_seconds";

/** What a hub shows at one moment. */
export interface HubShow {
  /** Machine of the hub. */
  hub: string;
  fleet: FleetView;
  /** By `keyOf`. */
  groups: ReadonlyMap<string, SeenGroup>;
}

type Way = "own" | "scraped" | "shadow";

const keyOf = (machine: string, agent: string, way: Way): string => `${machine}/${agent} ${way}`;

/** @param metrics text of the hub's `/metrics` @throws Error when it is none */
export function showOf(hub: string, fleet: FleetView, metrics: string): HubShow {
  const parsed = parseExposition(metrics);
  if (!parsed.ok) throw new Error(`what ${hub} shows cannot be read: line ${parsed.line}: ${parsed.reason}`);
  const nowMs = Date.parse(fleet.now);
  const groups = new Map<string, SeenGroup & { families: Family[] }>();
  for (const family of parsed.families) {
    for (const metric of family.metrics) {
      const labels = labelsOf(metric.labels);
      const [agent, machine] = [labels.get("job"), labels.get("machine")];
      if (agent === undefined || machine === undefined) continue;
      const key = keyOf(machine, agent, wayOf(labels));
      const group = groups.get(key) ?? { families: [], revision: undefined, ageMs: Number.POSITIVE_INFINITY };
      groups.set(key, group);
      if (family.name === pushTimeName) group.ageMs = Math.max(0, nowMs - metric.value * 1_000);
      if (family.name === revisionName) group.revision = metric.value;
      const last = group.families.at(-1);
      if (last?.name === family.name) last.metrics.push(metric);
      else group.families.push({ ...family, metrics: [metric] });
    }
  }
  return { hub, fleet, groups };
}

export function sightOf({ hub, groups }: HubShow, machine: string, agent: string): HubSight {
  const [scraped, own, shadow] = (["scraped", "own", "shadow"] as const).map((way) =>
    groups.get(keyOf(machine, agent, way)),
  );
  return { hub, scraped, own, shadow };
}

function wayOf(labels: ReadonlyMap<string, string>): Way {
  if (labels.get("arrangement") === "shadow") return "shadow";
  return (labels.get("instance") ?? "") === "" ? "own" : "scraped";
}

function labelsOf(pairs: readonly string[]): Map<string, string> {
  const labels = new Map<string, string>();
  for (let i = 0; i < pairs.length; i += 2) labels.set(pairs[i] ?? "", pairs[i + 1] ?? "");
  return labels;
}
