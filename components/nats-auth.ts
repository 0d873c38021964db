/** Renders auth.conf: who may connect to a machine's NATS, by public NKey, and the least that each of them needs. */
import { quote } from "./nats-conf.ts";

export interface NatsAuthArgs {
  /** Machine's name, as in nats.conf. */
  machine: string;
  /** The other machine's name. */
  peer: string;
  /** Public NKey of this machine's hub. @example "UCK5N7N66OBOINFXAYC2ACJQYFSOD4VYNU6APEJTAVFZB2SVHLKGEW7L" */
  hub: string;
  /** Public NKey of operators, who may do everything here. */
  operator: string;
  /** Whether this machine listens for the leaf link; the peer's server then is who its certificate says it is. */
  listens: boolean;
  /** Public NKey of this machine's agents. @default none: agents do not use NATS */
  agent?: string;
}

export const publicKeyPattern = /^U[A-Z2-7]{55}$/;

interface Role {
  name: string;
  /** Public NKey, or name of a certificate. */
  who: { nkey: string } | { user: string };
  /** A key of the link is of no use to a client, and the other way round. */
  connects: "STANDARD" | "LEAFNODE";
  publish: string[];
  subscribe: string[];
}

/** The text of auth.conf; the same arguments give the same bytes. */
export function renderNatsAuth(args: NatsAuthArgs): string {
  const lines = ["authorization {", "  timeout: 2", "  users: ["];
  for (const { name, who, connects, publish, subscribe } of rolesOf(args)) {
    lines.push(
      `    # ${name}`,
      "    {",
      "nkey" in who ? `      nkey: ${quote(publicKey(name, who.nkey))}` : `      user: ${quote(who.user)}`,
      `      allowed_connection_types: [${quote(connects)}]`,
      "      permissions {",
      `        publish: ${list(publish)}`,
      `        subscribe: ${list(subscribe)}`,
      "      }",
      "    }",
    );
  }
  return `${[...lines, "  ]", "}"].join("\n")}\n`;
}

function publicKey(role: string, key: string): string {
  if (publicKeyPattern.test(key)) return key;
  // What stands here by mistake may be a seed, so it is not repeated.
  throw new RangeError(`the key of role ${role} must be a public NKey of a user: U and 55 letters and digits`);
}

function rolesOf({ machine, peer, hub, operator, listens, agent }: NatsAuthArgs): Role[] {
  const roles: Role[] = [
    {
      name: "hub",
      who: { nkey: hub },
      connects: "STANDARD",
      publish: [
        `observability.*.${machine}.records`,
        `tandem.copy.*.${peer}`,
        `tandem.copied.${peer}`,
        "observability.failover.*",
        "observability.alerts.urgent",
        "observability.alerts.warning",
        `tandem.heartbeat.${machine}`,
        `tandem.beats.${machine}`,
        `tandem.snapshot.${machine}.*`,
        `$KV.tandem-documents-${machine}.>`,
        ...readApi("$JS.API"),
        "$JS.API.STREAM.CREATE.*",
        ...purged(peer).map((stream) => `$JS.API.STREAM.PURGE.${stream}`),
        // Of a snapshot whose writing was cut off.
        "$JS.API.STREAM.MSG.DELETE.observability-snapshots",
        ...readApi(`$JS.${peer}.API`),
        flowControl,
      ],
      subscribe: [`tandem.copied.${machine}`, `tandem.heartbeat.${peer}`, `tandem.beats.${peer}`, inboxes],
    },
    { name: "operator", who: { nkey: operator }, connects: "STANDARD", publish: [">"], subscribe: [">"] },
  ];
  if (listens) roles.push(leafRole(machine, peer));
  if (agent !== undefined) roles.push(agentRole(machine, agent));
  return roles;
}

/** What crosses the link: heartbeats and beats, word of what was copied, and the reading of the other's streams. */
function leafRole(machine: string, peer: string): Role {
  const crossing = (from: string, to: string) => [
    `tandem.heartbeat.${from}`,
    `tandem.beats.${from}`,
    `tandem.copied.${to}`,
    // One hub alone says each alert.
    "observability.alerts.urgent",
    "observability.alerts.warning",
    ...readApi(`$JS.${to}.API`),
    flowControl,
    inboxes,
  ];
  return {
    name: "leaf",
    who: { user: `CN=${peer}` },
    connects: "LEAFNODE",
    publish: crossing(peer, machine),
    subscribe: crossing(machine, peer),
  };
}

/** Inboxes of its own: in those of the hub lie the records that it reads. */
function agentRole(machine: string, key: string): Role {
  const own = [`tandem.agents.${machine}.>`, "_INBOX.agents.>"];
  return {
    name: "agent",
    who: { nkey: key },
    connects: "STANDARD",
    publish: own,
    subscribe: [
      ...own,
      "tandem.heartbeat.*",
      "observability.failover.*",
      "observability.alerts.urgent",
      "observability.alerts.warning",
    ],
  };
}

/** Streams of this machine that its hub shortens. */
function purged(peer: string): string[] {
  const kinds = ["metrics", "health", "alerts"].map((kind) => `observability-${kind}`);
  return ["observability-snapshots", ...kinds, ...kinds.map((name) => `${name}-from-${peer}`)];
}

const inboxes = "_INBOX.>";
const flowControl = "$JS.FC.>";

/** To look at streams and read them; nothing that changes or removes one. */
function readApi(prefix: string): string[] {
  return ["STREAM.INFO.*", "STREAM.MSG.GET.*", "CONSUMER.CREATE.>", "CONSUMER.DELETE.*.*"].map(
    (call) => `${prefix}.${call}`,
  );
}

function list(subjects: readonly string[]): string {
  return `[${subjects.map(quote).join(", ")}]`;
}
