/** The hub file of an agent: which two hubs take its pushes and where it reaches what it needs (docs/agents.md). Pure. */
import { z } from "zod";
import { buildGraph } from "./graph.ts";
import { pairOf, peerOf, satellitesOf } from "./machines.ts";
import type { Fleet, PlacedAgent } from "./model.ts";

/** The file's name in the directory of its agent. */
export const hubFileName = "hubs.json";

const Hub = z.object({
  /** Its machine's name, and the `hub` of the agent's counters. */
  name: z.string().min(1),
  /** @example "http://192.0.2.20:9100" */
  url: z.url({ protocol: /^https?$/ }),
});

export const HubThresholds = z.object({
  /** Of one push to one hub, ms; a push that takes longer has failed, and the fallback gets it. */
  deadlineMs: z.number().int().min(1).max(60_000).default(2_000),
  /** Failed pushes in a row at the primary; the one that makes it so many goes to the fallback at once. */
  failuresBeforeFallback: z.number().int().min(1).max(1_000).default(1),
  /** How long pushes go to the fallback before the primary is tried again, ms. */
  retryPrimaryAfterMs: z.number().int().min(0).max(3_600_000).default(10_000),
});
export type HubThresholds = z.infer<typeof HubThresholds>;

/** Keys that it does not know are passed over, so that a later version may add some without a new `v`. */
export const HubFile = z.object({
  v: z.literal(1),
  /** @example "TutorAgent" */
  agent: z.string().min(1),
  /** Where this instance of the agent stands. */
  machine: z.string().min(1),
  /** Which file of this instance it is; the agent shows it in `tandem_agent_hub_revision`. */
  revision: z.number().int().positive(),
  /** `shadow`: go on as before, and push a second group beside; `dual`: push to these hubs instead. */
  stage: z.enum(["shadow", "dual"]),
  primary: Hub,
  fallback: Hub,
  thresholds: HubThresholds.prefault({}),
  /** NATS of both machines, own first. @default none */
  nats: z.object({ servers: z.array(z.string().min(1)) }).default({ servers: [] }),
  /** Where each service that it needs or wants is reached, by the service's name: the routers' ports, own first. @default none */
  services: z.record(z.string().min(1), z.array(z.url()).min(1)).default({}),
});
export type HubFile = z.infer<typeof HubFile>;
export type HubStage = HubFile["stage"];

export interface HubFileArgs {
  agent: PlacedAgent;
  /** Where this instance stands. @default the agent's home; a standby stands on the other machine of the pair */
  machine?: string;
  fleet: Pick<Fleet, "inventories" | "agents">;
  revision: number;
  stage: HubStage;
  /** Base URL of a machine's hub, as the agent reaches it. */
  hubUrl(machine: string): string;
  /** URL of a service's port at a machine's router, as the agent reaches it. @param route the inventory's */
  routeUrl(machine: string, route: number): string;
  /** @default no machine's NATS is named */
  natsUrl?(machine: string): string | undefined;
  /** Those that differ from the defaults. */
  thresholds?: Partial<HubThresholds>;
}

/** The file of one instance: its primary is the hub of its machine, or of a satellite the one that watches it. */
export function hubFileOf(args: HubFileArgs): HubFile {
  const { agent, machine = agent.machine, fleet, revision, stage, hubUrl, routeUrl, natsUrl, thresholds } = args;
  if (agent.isHub) throw new RangeError(`${agent.id} is a hub, and pushes to none`);
  const own = satellitesOf(fleet).find(({ name }) => name === machine)?.watchedBy ?? machine;
  const other = peerOf(own, fleet);
  if (other === undefined) {
    const pair = pairOf(fleet).map((inventory) => inventory.machine);
    throw new RangeError(`${agent.id} stands on ${machine}, which the pair of ${pair.join(" and ")} does not know`);
  }
  const machines = [own, other];
  return HubFile.parse({
    v: 1,
    agent: agent.name,
    machine,
    revision,
    stage,
    primary: { name: own, url: hubUrl(own) },
    fallback: { name: other, url: hubUrl(other) },
    thresholds,
    nats: { servers: machines.flatMap((at) => natsUrl?.(at) ?? []) },
    services: Object.fromEntries(
      dependenciesOf(agent, fleet).flatMap(({ name, route }) =>
        route === undefined ? [] : [[name, machines.map((at) => routeUrl(at, route))]],
      ),
    ),
  });
}

/** The same bytes for the same file, in whatever order its keys came. */
export function renderHubFile(file: HubFile): string {
  const { services, ...known } = HubFile.parse(file);
  const sorted = Object.entries(services).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ ...known, services: Object.fromEntries(sorted) }, null, 2)}\n`;
}

/** The name of an instance's directory, which tells a standby's from that of an agent at home. */
export function hubFolderOf(agent: string, role: "home" | "standby"): string {
  return role === "home" ? agent : `${agent}-standby`;
}

export type ParsedHubFile = { ok: true; file: HubFile } | { ok: false; why: string };

/** @param reader who reads it: another one's file is as useless as a damaged one */
export function parseHubFile(text: string, reader: Pick<HubFile, "agent" | "machine">): ParsedHubFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { ok: false, why: (error as Error).message }; // JSON.parse throws SyntaxErrors only
  }
  const { success, data, error } = HubFile.safeParse(json);
  if (!success) {
    const wrong = error.issues.map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`);
    return { ok: false, why: wrong.join("; ") };
  }
  if (data.agent === reader.agent && data.machine === reader.machine) return { ok: true, file: data };
  return { ok: false, why: `it is the file of ${data.agent} on ${data.machine}` };
}

function dependenciesOf(agent: PlacedAgent, fleet: Pick<Fleet, "agents">): PlacedAgent[] {
  const { needs, wants } = buildGraph(fleet.agents);
  const ids = new Set([...(needs.get(agent.id) ?? []), ...(wants.get(agent.id) ?? [])]);
  return fleet.agents.filter(({ id }) => ids.has(id));
}
