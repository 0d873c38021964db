/** What the hub's JSON endpoints answer: one schema is check, type and document for server, page and command line. */
import { z } from "zod";
import { Mode } from "../../fleet/model.ts";
import { Health, StreamKind } from "../core/record.ts";
import { Verdict } from "../core/verdict.ts";
import { TimelineEntry } from "./timeline-json.ts";

/** ISO 8601 in UTC. */
const Instant = z.string();

const Judged = z.strictObject({
  verdict: Verdict,
  since: Instant,
  /** Why the verdict is not `alive`; empty when it is. */
  reason: z.string(),
});

export const MachineView = z.strictObject({
  /** The machine is alive while any of its hub, NATS and Pushgateway answers. */
  ...Judged.shape,
  /** Whether this is the machine of the hub that answers. */
  self: z.boolean(),
  hub: z.strictObject({ name: z.string(), url: z.string(), ...Judged.shape }),
  nats: z.strictObject({ url: z.string(), ...Judged.shape }),
  pushgateway: z.strictObject({ url: z.string(), ...Judged.shape }),
  /** When the hub was last heard by any path, ms ago; null before the first time and for this hub's own machine. */
  heardAgoMs: z.number().nullable(),
  /** The same per path: beats by `udp`, `tcp` and `nats`, reports by `http`. */
  paths: z.strictObject({
    udp: z.number().nullable(),
    tcp: z.number().nullable(),
    nats: z.number().nullable(),
    http: z.number().nullable(),
  }),
  /** Longest recent stall of that hub's event loop, ms. */
  lagMs: z.number(),
});
export type MachineView = z.infer<typeof MachineView>;

export const ScrapeView = z.strictObject({
  /** Whether the last scrape brought metrics that are stored. */
  ok: z.boolean(),
  /** Why it failed; empty when it did not. */
  reason: z.string(),
  /** Series that it brought; 0 when it failed. */
  samples: z.number(),
  /** How long ago it ended, ms. */
  ageMs: z.number(),
  /** How long it took, ms. */
  tookMs: z.number(),
});
export type ScrapeView = z.infer<typeof ScrapeView>;

/** A machine without hub, NATS and Pushgateway: judged by its agents alone. */
export const SatelliteView = z.strictObject({
  verdict: z.enum([...Verdict.options, "unknown"]),
  since: Instant,
  /** Why the verdict is not `alive`; empty when it is. */
  reason: z.string(),
  /** Machine whose hub is the home of its agents. */
  watchedBy: z.string(),
  /** Machine whose hub asks them at present: the other one while the home hub is dead. */
  askedBy: z.string(),
});
export type SatelliteView = z.infer<typeof SatelliteView>;

/** An agent with a standby, and where it acts. */
export const ServiceJson = z.strictObject({
  name: z.string(),
  home: z.string(),
  standby: z.string(),
  mode: Mode,
  singleWriter: z.boolean(),
  /** Machine that owns the epoch. */
  owner: z.string(),
  epoch: z.number().int().nonnegative(),
  /** `home` and `away`: owned there; `moving`: between owners; `held`: nobody acts, or nobody is known to. */
  state: z.enum(["home", "away", "moving", "held"]),
  /** Whether the instance of the machine that answers acts. */
  acts: z.boolean(),
  /** Why it does not act or move; empty when all is well. */
  reason: z.string(),
  /** Port of both machines' routers; null when they carry nobody to it. */
  route: z.number().int().nullable(),
  instances: z.record(z.string(), z.strictObject({ host: z.string(), port: z.number().int(), health: Health })),
});
export type ServiceJson = z.infer<typeof ServiceJson>;

export const MaintenanceView = z.strictObject({
  /** A machine, or `machine/name` of an agent: neither alerted about nor moved meanwhile. */
  target: z.string(),
  since: Instant,
  until: Instant,
  reason: z.string(),
  by: z.string(),
});
export type MaintenanceView = z.infer<typeof MaintenanceView>;

/** An alert that stands: it was raised, and nobody has said that it is over. */
export const AlertView = z.strictObject({
  /** @example "machine-lost" */
  name: z.string(),
  /** `urgent`: somebody should look now, whatever the hour. */
  severity: z.enum(["urgent", "warning"]),
  /** A machine, a service, or `machine/name` of an agent. */
  subject: z.string(),
  since: Instant,
  message: z.string(),
  /** What it means for those who use the fleet; an older hub does not say. */
  impact: z.string().optional(),
  /** What to do about it, a file of this repository. */
  runbook: z.string(),
});
export type AlertView = z.infer<typeof AlertView>;

/** Those of the whole pair, urgent ones first, as far as this hub has the records of both machines. */
export const AlertsView = z.strictObject({ machine: z.string(), now: Instant, alerts: z.array(AlertView) });
export type AlertsView = z.infer<typeof AlertsView>;

export const AgentView = z.strictObject({
  name: z.string(),
  machine: z.string(),
  group: z.string(),
  isHub: z.boolean(),
  health: Health,
  /** Since when it has that health. */
  since: Instant,
  /** Age of the newest observation, ms; null when there is none. */
  ageMs: z.number().nullable(),
  /** What the agent or the probe said last. */
  reason: z.string(),
  /** Machine whose hub made the observation. */
  observedBy: z.string().nullable(),
  /** Round trip of the last answered probe, ms. */
  latencyMs: z.number().nullable(),
  probe: z.strictObject({ kind: z.enum(["zmq", "http", "tcp"]), address: z.string() }),
  /** What its trouble comes from, a machine or `machine/name` of an agent; absent when it is well or ails by itself. */
  below: z.string().optional(),
  /** Absent while the hub that answers does not scrape it. */
  scrape: ScrapeView.optional(),
});
export type AgentView = z.infer<typeof AgentView>;

export const SyncView = z.strictObject({
  state: z.enum(["in-sync", "degraded"]),
  since: Instant,
  /** Why it is degraded; empty when in sync. */
  reason: z.string(),
  /** Records of this machine that the peer has not stored yet. */
  uncopied: z.number(),
  /** Age of the oldest of them, ms; null when there is none. */
  oldestUncopiedMs: z.number().nullable(),
});
export type SyncView = z.infer<typeof SyncView>;

export const FleetView = z.strictObject({
  /** Machine of the hub that answers. */
  machine: z.string(),
  hub: z.string(),
  version: z.string(),
  incarnation: z.string(),
  now: Instant,
  sync: SyncView,
  /** The two machines of the pair. */
  machines: z.record(z.string(), MachineView),
  /** All further machines; an older hub knows none. */
  satellites: z.record(z.string(), SatelliteView).default({}),
  agents: z.array(AgentView),
  /** Machines and agents that are being worked on; an older hub knows none. */
  maintenance: z.array(MaintenanceView).default([]),
  /** Number of agents by health. */
  totals: z.record(Health, z.number()),
  /** For how long this machine would take records, were its NATS down, s; absent while nothing comes, or an older hub answers. */
  buffer: z.strictObject({ secondsLeft: z.number() }).optional(),
  /** Push groups and series in the fold, the same on both hubs when in sync. */
  metrics: z.strictObject({ groups: z.number(), series: z.number() }),
});
export type FleetView = z.infer<typeof FleetView>;

export const LedgerLine = z.strictObject({
  origin: z.string(),
  stream: StreamKind,
  /** Records of this origin that its own machine has stored, as far as this hub knows. */
  stored: z.number(),
  /** Records of this origin that the other machine has stored. */
  copied: z.number(),
  /** Records that wait in the spool of the machine that answers, not yet in its stream; 0 for the other machine's. */
  spooled: z.number(),
  /** Stored at the origin, not yet at the other machine, in the order of copying. */
  pending: z.number(),
  /** Sequences passed over although later ones were stored or copied: lost unless refilled. */
  missing: z.number(),
  /** Records met more than once and ignored the second time. */
  duplicates: z.number(),
  /** Age of the oldest record with a single copy, ms; null when every record has two. */
  oldestSingleCopyMs: z.number().nullable(),
});
export type LedgerLine = z.infer<typeof LedgerLine>;

export const ClientLine = z.strictObject({
  client: z.string(),
  /** Highest number that is stored. */
  highest: z.number(),
  /** Numbers between its lowest and its highest that no hub holds. */
  missing: z.number(),
  /** Retries that were stored, because the hub that got them did not know yet of the first one. */
  duplicates: z.number(),
});
export type ClientLine = z.infer<typeof ClientLine>;

export const LedgerView = z.strictObject({
  machine: z.string(),
  now: Instant,
  /** Sum of `missing` over all lines. */
  missing: z.number(),
  duplicates: z.number(),
  pending: z.number(),
  spooled: z.number(),
  /** 2 when nothing is pending, spooled or missing, else 1. */
  copies: z.number(),
  lines: z.array(LedgerLine),
  /** Clients that number their pushes, at most 100: those with missing numbers first, then those that pushed last. */
  clients: z.array(ClientLine),
  /** Over all clients; `forgotten` ones had to make room for others since the start. */
  clientTotals: z.strictObject({
    clients: z.number(),
    missing: z.number(),
    duplicates: z.number(),
    forgotten: z.number(),
  }),
  /** Stored pushes without a client's number, by the machine whose hub took them. */
  unnumbered: z.record(z.string(), z.number()),
});
export type LedgerView = z.infer<typeof LedgerView>;

/** Events of `GET /api/v1/events` (server-sent events, the name is the `type`). */
export const HubEvent = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("fleet"), fleet: FleetView }),
  z.strictObject({ type: z.literal("health"), agent: AgentView }),
  z.strictObject({ type: z.literal("machine"), name: z.string(), machine: MachineView }),
  z.strictObject({ type: z.literal("satellite"), name: z.string(), satellite: SatelliteView }),
  z.strictObject({ type: z.literal("sync"), sync: SyncView }),
  /** A service is owned by another machine from now on. */
  z.strictObject({
    type: z.literal("moved"),
    service: z.string(),
    from: z.string(),
    to: z.string(),
    epoch: z.number(),
    why: z.string(),
  }),
  /** The services, whenever one of them moves or its instances turn. */
  z.strictObject({ type: z.literal("services"), services: z.array(ServiceJson) }),
  /** All alerts that stand, whenever one is raised or over. */
  z.strictObject({ type: z.literal("alerts"), alerts: z.array(AlertView) }),
  z.strictObject({ type: z.literal("timeline"), entry: TimelineEntry }),
]);
export type HubEvent = z.infer<typeof HubEvent>;
