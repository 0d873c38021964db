/** What the subject of an alert says about machine, peer, agent and service, and where they answer. Pure. */

import { pairName } from "./objectives/config.ts";

/** As far as it is known; all of a fleet's view fits. */
export interface PlaceSight {
  machines: Readonly<Record<string, { hub: { url: string }; pushgateway: { url: string } }>>;
  satellites: Readonly<Record<string, { askedBy: string }>>;
  services: readonly { name: string; owner: string }[];
  agents: readonly { machine: string; name: string }[];
}

/** Known names and addresses only: they are put into commands, and anybody can write a subject into a link. */
export interface Places {
  /** Machine that the alert is about; of a service the one that owns it. */
  machine?: string | undefined;
  /** The other machine of the pair; of a satellite the one whose hub asks its agents. */
  peer?: string | undefined;
  agent?: string | undefined;
  service?: string | undefined;
  hub?: string | undefined;
  peerHub?: string | undefined;
  pushgateway?: string | undefined;
}

/** @param subject a machine, a service, or `machine/name` of an agent; one that is none of them says nothing */
export function placesOf(subject: string, { machines, satellites, services, agents }: PlaceSight): Places {
  const service = services.find(({ name }) => name === subject);
  const agent = agents.find(({ machine, name }) => `${machine}/${name}` === subject);
  const pair = Object.keys(machines);
  // Of the pair as a whole either machine tells.
  const named = service?.owner ?? agent?.machine ?? (subject === pairName ? (pair[0] ?? subject) : subject);
  const own = ownOf(machines, named);
  const satellite = ownOf(satellites, named);
  const peer = satellite?.askedBy ?? (own && pair.find((name) => name !== named));
  return {
    machine: own === undefined && satellite === undefined ? undefined : named,
    peer,
    agent: agent?.name,
    service: service?.name,
    hub: own?.hub.url,
    peerHub: peer === undefined ? undefined : ownOf(machines, peer)?.hub.url,
    pushgateway: own?.pushgateway.url,
  };
}

/** Every object answers to `constructor`. */
const ownOf = <Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;
