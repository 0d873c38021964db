/** The hub's configuration: one JSON file, rendered by components/hub-config.ts for the local run and for Pulumi alike. */
import { z } from "zod";
import { Mode } from "../fleet/model.ts";
import { AccessConfig } from "./access/config.ts";
import { FailoverLimits } from "./core/failover/limits.ts";
import { DetectorLimits } from "./core/limits.ts";
import { ObjectivesConfig } from "./core/objectives/config.ts";
import { PushLimits } from "./core/push-limits.ts";
import { ExpiryMs } from "./core/record.ts";
import { NotificationsConfig } from "./notify/config.ts";
import { RemoteWriteConfig } from "./remote-write/config.ts";
import { TlsConfig, TlsTarget } from "./tls/config.ts";

const Port = z.number().int().min(1).max(65_535);
const Address = z.strictObject({ host: z.string().min(1), port: Port });

/** How an agent is asked for its health. */
export const ProbeConfig = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("zmq"),
    ...Address.shape,
    request: z.string().default('{"action": "health_check"}'),
  }),
  z.strictObject({
    kind: z.literal("http"),
    ...Address.shape,
    path: z.string().startsWith("/").default("/health"),
    /** Asked by TLS, as hubs are where they speak it. @default asked without */
    tls: TlsTarget.optional(),
  }),
  z.strictObject({ kind: z.literal("tcp"), ...Address.shape }),
]);
export type ProbeConfig = z.infer<typeof ProbeConfig>;

/** Where an agent serves its metrics, and how often they are fetched. */
export const ScrapeConfig = z.strictObject({
  ...Address.shape,
  path: z.string().startsWith("/").default("/metrics"),
  /** Between two scrapes, ms; each wait is jittered by a tenth. */
  intervalMs: z.number().int().min(100).default(15_000),
  /** Before a scrape without a whole answer has failed, ms. */
  deadlineMs: z.number().int().min(10).default(5_000),
});
export type ScrapeConfig = z.infer<typeof ScrapeConfig>;

export const AgentConfig = z.strictObject({
  name: z.string().min(1),
  /** Machine that the agent lives on. */
  machine: z.string().min(1),
  group: z.string().min(1),
  /** True for the two ObservabilityHub entries, which are the hubs themselves. */
  isHub: z.boolean().default(false),
  probe: ProbeConfig,
  /** Between two probes, ms; each wait is jittered by a tenth. */
  intervalMs: z.number().int().min(50).default(2_000),
  /** Before a probe without an answer is a failure, ms. */
  deadlineMs: z.number().int().min(10).default(1_000),
  /** Without it the agent is not scraped. */
  scrape: ScrapeConfig.optional(),
  /** Names of agents it cannot work without, `machine/name` when on another machine. */
  needs: z.array(z.string()).default([]),
});
export type AgentConfig = z.infer<typeof AgentConfig>;

/** By which health, scrapes and alerts name an agent. @example "pc2/TutorAgent" */
export const agentId = ({ machine, name }: Pick<AgentConfig, "machine" | "name">) => `${machine}/${name}`;

/** One of the two places of a service: where clients reach it, and how it is asked for its health. */
export const InstanceConfig = z.strictObject({
  ...Address.shape,
  probe: ProbeConfig,
  /** Between two probes, ms. */
  intervalMs: z.number().int().min(50).default(250),
  /** Before a probe without an answer is a failure, ms. */
  deadlineMs: z.number().int().min(10).default(250),
});
export type InstanceConfig = z.infer<typeof InstanceConfig>;

/** An agent that has a standby on the other machine of the pair. */
export const ServiceConfig = z.strictObject({
  name: z.string().min(1),
  home: z.string().min(1),
  standby: z.string().min(1),
  mode: Mode,
  singleWriter: z.boolean(),
  /** By machine: the home's and the standby's. */
  instances: z.record(z.string(), InstanceConfig),
  /** Port of this machine's router, and as a rule of the other one's, at which it carries clients to the active instance; without it they ask the hub where it is. */
  route: Port.optional(),
  /** Port of the other machine's router, where that is another one, as with both machines on one computer. */
  peerRoute: Port.optional(),
});
export type ServiceConfig = z.infer<typeof ServiceConfig>;

/** One machine's own processes, as this hub or its peer reaches them. */
export const MachineConfig = z.strictObject({
  name: z.string().min(1),
  /** What people call the hub there: ObservabilityHub or EdgeHub. */
  hubName: z.string().min(1),
  hub: Address,
  /** UDP port by which the hubs' judges hear each other. */
  beats: Address,
  /** NATS client port. */
  nats: Address,
  /** NATS monitoring port. */
  monitoring: Address,
  pushgateway: Address,
});
export type MachineConfig = z.infer<typeof MachineConfig>;

export const HubConfig = z.strictObject({
  v: z.literal(1),
  /** This machine. Its hub address is what the hub binds, unless `listenHost` says otherwise. */
  machine: MachineConfig,
  /** Address that the hub binds, for a site whose virtual address comes and goes. @example "0.0.0.0" */
  listenHost: z.string().min(1).optional(),
  /**
   * Public names that the hub answers to, besides its address, any other address, and names that nobody outside the network can
   * have. @example ["hub.example.org"]
   */
  allowedHosts: z.array(z.string().min(1).max(253)).default([]),
  peer: MachineConfig,
  /** Machines without a hub, whose agents the hub of `watchedBy` asks, and the other one while that is dead. */
  satellites: z.array(z.strictObject({ name: z.string().min(1), watchedBy: z.string().min(1) })).default([]),
  nats: z
    .strictObject({
      /**
       * File with the seed of the NKey by which NATS knows this hub; read at each connect and again on SIGHUP. Absolute.
       * Without it NATS must ask nobody who they are. @example "/etc/tandem/secrets/nats.seed"
       */
      nkeySeedFile: z.string().startsWith("/").optional(),
    })
    .prefault({}),
  /** Unix socket on which this very process says whether it lives; absolute. The hub's port may be a predecessor's for a moment. */
  healthSocket: z.string().startsWith("/").optional(),
  /** Directory of what a hub must know again after its start, such as who owns which service; absolute. Without it nothing moves. */
  stateDirectory: z.string().startsWith("/").optional(),
  /** Third NATS server that breaks ties. Without it single writers move by an operator's word only. */
  witness: z.strictObject({ ...Address.shape, nkeySeedFile: z.string().startsWith("/").optional() }).optional(),
  /** Unix socket of this machine's router; absolute. */
  router: z.strictObject({ socket: z.string().startsWith("/") }).optional(),
  /** Unix socket of this machine's supervisor, which starts and stops cold standbys; absolute. */
  supervisor: z.strictObject({ socket: z.string().startsWith("/") }).optional(),
  failover: FailoverLimits.prefault({}),
  /** Agents with a standby. */
  services: z.array(ServiceConfig).default([]),
  /** Tried when the peer is silent: when none of these answers either, the verdict is `isolated`. */
  references: z.array(Address).default([]),
  detector: DetectorLimits.prefault({}),
  /** What availability is promised of the pair and its services. */
  objectives: ObjectivesConfig.prefault({}),
  /** Wait for the peer's copy before a push is answered as `local`, ms. */
  peerAckDeadlineMs: z.number().int().positive().default(250),
  /** Before a push that cannot be stored is answered with 503, ms. */
  storeDeadlineMs: z.number().int().positive().default(5_000),
  /** Largest body of a push after inflation, bytes; as a record it may double, and NATS takes 8 MiB. */
  maxBodyBytes: z
    .number()
    .int()
    .positive()
    .max(4 * 1024 * 1024)
    .default(4 * 1024 * 1024),
  /** How much may be pushed, at once and in all. */
  limits: PushLimits.prefault({}),
  /** When the state is written down, so that a start reads only the records since: whichever comes first. */
  snapshots: z
    .strictObject({
      /** After so long, when records came, ms. */
      everyMs: z.number().int().min(100).default(300_000),
      /** After so many records. */
      everyRecords: z.number().int().positive().default(30_000),
    })
    .prefault({}),
  /** Records of a stream that are older are purged once both machines have their effect in a snapshot, ms. */
  retentionMs: z
    .strictObject({
      metrics: z.number().int().positive().default(86_400_000),
      health: z.number().int().positive().default(86_400_000),
      alerts: z
        .number()
        .int()
        .positive()
        .default(7 * 86_400_000),
    })
    .prefault({}),
  /**
   * After this long without a push a group is deleted on both machines, ms; a push's own `Tandem-Expires-After` goes
   * before it. Without it groups stay until they are deleted. @example 86400000
   */
  groupExpiryMs: ExpiryMs.optional(),
  /** Whether `PUT /api/v1/admin/wipe` deletes all groups, as a Pushgateway's `--web.enable-admin-api` allows. */
  adminApi: z.boolean().default(false),
  /**
   * Takes records while this machine's NATS does not, and gives them to it in their order once it does. Without it pushes are
   * then answered with 503.
   */
  spool: z
    .strictObject({
      /** Directory, made when missing; this hub's alone. Absolute. @example "/data/spool" */
      path: z.string().startsWith("/"),
      /** Most that its files may take together, bytes; beyond it pushes are answered with 507. */
      maxBytes: z
        .number()
        .int()
        .min(16 * 1024 * 1024)
        .default(1024 ** 3),
    })
    .optional(),
  /** Where alerts are sent. Without it they are shown and recorded only. */
  notifications: NotificationsConfig.prefault({}),
  /** Who may push and give orders over the network. */
  access: AccessConfig.prefault({}),
  /** TLS at the hub's port, and between the hubs where they ask each other by HTTP. Without it there is plain HTTP alone. */
  tls: TlsConfig.optional(),
  /** This machine's certificate for the link between the NATS servers, in PEM: read for its end alone. Absolute. */
  linkCertificateFile: z.string().startsWith("/").optional(),
  /** Where all that the hub knows of metrics is written; waits in `stateDirectory`, without which nothing is sent. */
  remoteWrite: RemoteWriteConfig.prefault({}),
  /** Pushes waiting to be stored before further ones get 503. */
  maxQueuedPushes: z.number().int().positive().default(10_000),
  /**
   * The whole fleet: a hub probes and scrapes its own agents and its satellites', and the peer's of both while the peer's hub
   * is dead.
   */
  agents: z.array(AgentConfig),
});
export type HubConfig = z.infer<typeof HubConfig>;
export type HubConfigInput = z.input<typeof HubConfig>;
