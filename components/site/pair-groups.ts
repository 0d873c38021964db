/** Groups of configuration of a machine with a hub: the pair, its link, its servers and who may speak with them. */
import { isIPv4 } from "node:net";
import { z } from "zod";
import { type LimitName, PushLimits } from "../../hub/core/push-limits.ts";
import {
  certificate,
  flag,
  host,
  machineName,
  mib,
  percent,
  port,
  portInBounds,
  publicKey,
  text,
  whole,
} from "./values.ts";

const agentName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, "an agent's name, as in the inventory");

const areApart = (agents: readonly { name: string; key: string }[]) =>
  [agents.map(({ name }) => name), agents.map(({ key }) => key)].every((all) => new Set(all).size === all.length);

export const ports = {
  /** Where agents push to and people look. */
  hubPort: port(9000),
  /** NATS clients. */
  natsPort: port(4222),
  /** NATS monitoring, on 127.0.0.1 only. */
  monitoringPort: port(8222),
  pushgatewayPort: port(9091),
  /** By UDP and TCP the hubs' judges hear each other there. */
  beatsPort: port(7423),
};

export const SiteMachine = z.strictObject({
  /** Also the name of its JetStream domain, and of its file in fleet/. */
  name: machineName,
  /** Where the other machine and the agents reach it; its services bind it. */
  address: host,
  /** What people call the hub there. */
  hubName: text("ObservabilityHub").default("ObservabilityHub"),
  /** Whether the hub there speaks TLS at its port; `hub.tls` says how. */
  hubTls: flag(false),
  ...ports,
});
export type SiteMachine = z.infer<typeof SiteMachine>;

/** Own streams, copies of the peer's, snapshots and documents, as the hubs make them, take 9.8 GiB together; a smaller store refuses the last ones. */
const leastStoreMb = 10_048;

/** Each of the hub's own, with the default that it has there. */
const pushLimits = Object.fromEntries(
  Object.entries(PushLimits.parse({})).map(([limit, value]) => [
    limit,
    whole(1, 1_073_741_824).default(value).meta({ example: value }),
  ]),
) as Record<LimitName, z.ZodDefault<ReturnType<typeof whole>>>; // its entries are the limits

/** Groups that a stack may leave out. */
export const pairGroups = {
  leaf: z
    .strictObject({
      /** Which machine listens for the link between the domains; the other dials. */
      listener: machineName.default("mainpc"),
      port: port(7422),
    })
    .prefault({}),
  jetstream: z.strictObject({ maxMemoryMb: mib(1_024, 16), maxStoreMb: mib(10_240, leastStoreMb) }).prefault({}),
  limits: z
    .strictObject({ hubMemoryMb: mib(1_024, 128), natsMemoryMb: mib(2_048, 64), pushgatewayMemoryMb: mib(512, 32) })
    .prefault({}),
  hub: z
    .strictObject({
      /** After so long without a push a group is deleted, unless the push said otherwise; 0 for never. */
      groupExpirySeconds: whole(0, 3_153_600_000).default(0).meta({ example: 86_400 }),
      /** Whether `PUT /api/v1/admin/wipe` deletes all groups. */
      adminApi: flag(false),
      /** Public names that the hub answers to; addresses, and names of this network alone, it answers to anyway. */
      allowedHosts: z
        .array(host)
        .default([])
        .meta({ example: ["hub.example.org"] }),
      /** Records that are older go, once both machines have their effect in a snapshot. */
      metricsHours: whole(1, 87_600).default(24).meta({ example: 24 }),
      healthHours: whole(1, 87_600).default(24).meta({ example: 24 }),
      alertsHours: whole(1, 87_600).default(168).meta({ example: 168 }),
      /** Most that records take on disk while NATS does not take them. */
      spoolMb: mib(1_024, 16),
      /** Where machine.hubTls is set. */
      tls: z
        .strictObject({
          /** Who may come without TLS all the same: everybody, or who comes from the machine itself. */
          plain: z.enum(["all", "here"], "all or here").default("here").meta({ example: "here" }),
          /** PEM of a certificate of a CA of one's own, whose name is the machine's; empty for that of the link. */
          certificate,
          /** PEM of that CA; empty for security.ca. Without a certificate it is believed beside that one. */
          ca: certificate,
        })
        .prefault({}),
      /** How much may be pushed, the same in both stacks. */
      limits: z.strictObject(pushLimits).prefault({}),
    })
    .prefault({}),
  /** What availability is promised, the same in both stacks. */
  objectives: z
    .strictObject({
      /** Share of probes from outside that are served, of the pair and of each service with a route. */
      targetPercent: percent.default("99.9").meta({ example: "99.9" }),
      /** Days over which the error budget is reckoned. */
      windowDays: whole(1, 90).default(30).meta({ example: 30 }),
      /** Services for which something else is promised. */
      services: z
        .array(
          z.strictObject({
            /** As in fleet/. */
            name: text("ServiceRegistry"),
            targetPercent: percent.optional(),
            windowDays: whole(1, 90).optional(),
            /** Asked for by HTTP at its route, where the service answers nothing that tells of its health. */
            path: z
              .string()
              .regex(/^\/\S*$/, "a path like /health")
              .meta({ example: "/health" })
              .optional(),
          }),
        )
        .default([]),
    })
    .prefault({}),
  /** One address for both hubs; each stack has the same one. */
  virtualIp: z
    .strictObject({
      /** Empty for none. */
      address: z
        .string()
        .refine((value) => value === "" || isIPv4(value), "an IPv4 address like 192.0.2.100")
        .default("")
        .meta({ example: "192.0.2.100" }),
      prefixLength: whole(1, 32).default(24).meta({ example: 24 }),
      /** Network interface of this machine that carries it. */
      interface: z
        .string()
        .regex(/^[\w.@-]{0,15}$/, "a network interface like eth0")
        .default("")
        .meta({ example: "eth0" }),
      /** The higher one of the two takes it when both start at once. */
      priority: whole(1, 254).default(100).meta({ example: 100 }),
      /** The same on both machines, and no other's on this network. */
      routerId: whole(1, 255).default(51).meta({ example: 51 }),
    })
    .prefault({}),
  /** Who is who, by public halves, as tandem init writes them; the secret halves are `siteSecretNames`. Empty: nobody is asked. */
  security: z
    .strictObject({
      /** Public NKey of this machine's hub. */
      hubKey: publicKey,
      /** Public NKey of operators. */
      operatorKey: publicKey,
      /** One public NKey for all of this machine's agents, as versions before gave; the keys of agents take its place. */
      agentKey: publicKey,
      /** Public NKeys of this machine's agents, each its own; none when they do not use NATS. */
      agentKeys: z
        .array(z.strictObject({ name: agentName, key: publicKey.refine((key) => key !== "", "a public NKey") }))
        .refine(areApart, "an agent has one key, and a key one agent")
        .default([]),
      /** CA of both ends of the link. */
      ca: certificate,
      /** This machine's certificate for the link. */
      leafCertificate: certificate,
    })
    .prefault({}),
  /** A third NATS server that breaks ties, the same for both machines. */
  witness: z
    .strictObject({
      /** Empty for none. */
      host: host.or(z.literal("")).default("").meta({ example: "192.0.2.30" }),
      port: port(4224),
    })
    .prefault({}),
  /** `host:port` of things that answer when the network does, such as the router. */
  references: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z0-9.-]+:\d+$/, "host:port like 192.0.2.1:53")
        .refine(portInBounds, "a port from 1 to 65535, as in 192.0.2.1:53")
        .meta({ example: "192.0.2.1:53" }),
    )
    .default([]),
};
