/** Renders accounts.conf: who may connect to a machine's NATS, by public NKey, and the least that each of them needs. */
import { linkInboxes, ownInboxes } from "../hub/core/inbox-names.ts";
import { type Permissions, renderAccounts, type User } from "./nats-accounts.ts";
import {
  alertSubjects,
  copyStream,
  crossingSubjects,
  flowControl,
  ownStream,
  readCalls,
  recordKinds,
  snapshots,
  streamsOf,
  unnamedInboxes,
} from "./nats-crossing.ts";

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
  /** Public NKeys of this machine's agents, by agent. @default none: agents do not use NATS */
  agents?: Readonly<Record<string, string>>;
  /** Public NKey that all of them share, as those of a site whose agents have none of their own yet. @default none */
  sharedAgent?: string;
}

export const publicKeyPattern = /^U[A-Z2-7]{55}$/;

/** The text of accounts.conf; the same arguments give the same bytes. */
export function renderNatsAuth({
  machine,
  peer,
  hub,
  operator,
  listens,
  agents = {},
  sharedAgent,
}: NatsAuthArgs): string {
  const users: User[] = [
    { name: "hub", who: nkey("hub", hub), connects: "STANDARD", ...hubPermissions(machine, peer) },
    { name: "operator", who: nkey("operator", operator), connects: "STANDARD", publish: [">"], subscribe: [">"] },
  ];
  // A key of the link is of no use to a client, and the other way round.
  if (listens)
    users.push({ name: "leaf", who: { user: `CN=${peer}` }, connects: "LEAFNODE", ...leafPermissions(machine, peer) });
  const agentUsers = Object.entries(agents).map(([agent, key]): User => {
    const name = `agent ${agent}`;
    return { name, who: nkey(name, key), connects: "STANDARD", ...agentPermissions(machine, agent) };
  });
  if (sharedAgent !== undefined)
    agentUsers.push({
      name: "agents",
      who: nkey("agents", sharedAgent),
      connects: "STANDARD",
      ...agentPermissions(machine),
    });
  return renderAccounts({ machine, peer, dials: !listens, users, agentUsers });
}

function nkey(role: string, key: string): { nkey: string } {
  if (publicKeyPattern.test(key)) return { nkey: key };
  // What stands here by mistake may be a seed, so it is not repeated.
  throw new RangeError(`the key of role ${role} must be a public NKey of a user: U and 55 letters and digits`);
}

function hubPermissions(machine: string, peer: string): Permissions {
  const own = streamsOf(machine, peer);
  return {
    publish: [
      ...recordKinds.map((kind) => `observability.${kind}.${machine}.records`),
      ...recordKinds.map((kind) => `tandem.copy.${kind}.${peer}`),
      `tandem.copied.${peer}`,
      "observability.failover.*",
      ...alertSubjects,
      `tandem.heartbeat.${machine}`,
      `tandem.beats.${machine}`,
      `tandem.snapshot.${machine}.*`,
      `$KV.tandem-documents-${machine}.>`,
      ...[...readCalls(own), ...makingCalls(own), ...shorteningCalls(peer)].map((call) => `$JS.API.${call}`),
      ...readCalls(streamsOf(peer, machine)).map((call) => `$JS.${peer}.API.${call}`),
      ...new Set(flowControl([...own, ...streamsOf(peer, machine)])),
    ],
    subscribe: [
      `tandem.copied.${machine}`,
      `tandem.heartbeat.${peer}`,
      `tandem.beats.${peer}`,
      `${ownInboxes(machine)}.>`,
      `${linkInboxes(machine)}.>`,
      // Of a hub of the version before, which runs on for the time between a new configuration of NATS and a new hub.
      ...unnamedInboxes,
    ],
  };
}

const makingCalls = (streams: readonly string[]) => streams.map((stream) => `STREAM.CREATE.${stream}`);

function shorteningCalls(peer: string): string[] {
  const records = recordKinds.flatMap((kind) => [ownStream(kind), copyStream(kind, peer)]);
  // Single messages of a snapshot whose writing was cut off.
  return [...[snapshots, ...records].map((stream) => `STREAM.PURGE.${stream}`), `STREAM.MSG.DELETE.${snapshots}`];
}

/** What the peer's server may bring here and take from here. */
function leafPermissions(machine: string, peer: string): Permissions {
  return {
    publish: crossingSubjects(peer, machine),
    subscribe: [...crossingSubjects(machine, peer), ...unnamedInboxes],
  };
}

/** @param agent @default all of the machine together */
function agentPermissions(machine: string, agent?: string): Permissions {
  const who = agent === undefined ? "" : `${agent}.`;
  const own = [`tandem.agents.${machine}.${who}>`, `_INBOX.agents.${who}>`];
  return { publish: own, subscribe: [...own, "observability.failover.*", ...alertSubjects] };
}
