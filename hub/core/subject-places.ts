/** What the subject of an alert says about machine, peer, agent and service, and where they answer. Pure. */

import { pairName } from "./objectives/config.ts";

/** As far as it is known; all of a fleet's view fits. */
export interface PlaceSight {
  machines: Readonly<Record<string, { hub: { url: string }; pushgateway: { url: string } }>>;
  satellites: Readonly<Record<string, { askedBy: string }>>;
  services: readonly { name: string; owner: string }[];
}

export interface Places {
  /** Machine that the alert is about; of a service the one that owns it. */
  machine: string;
  /** The other machine of the pair; of a satellite the one whose hub asks its agents. */
  peer?: string | undefined;
  agent?: string | undefined;
  service?: string | undefined;
  hub?: string | undefined;
  peerHub?: string | undefined;
  pushgateway?: string | undefined;
}

/** @param subject a machine, a service, or `machine/name` of an agent */
export function placesOf(subject: string, { machines, satellites, services }: PlaceSight): Places {
  const [before = "", agent] = subject.split("/", 2);
  const service = services.find(({ name }) => name === subject);
  const pair = Object.keys(machines);
  // Of the pair as a whole either machine tells.
  const machine = service?.owner ?? (before === pairName ? (pair[0] ?? before) : before);
  const other = pair.includes(machine) ? pair.find((name) => name !== machine) : undefined;
  const peer = satellites[machine]?.askedBy ?? other;
  return {
    machine,
    peer,
    agent,
    service: service?.name,
    hub: machines[machine]?.hub.url,
    peerHub: peer === undefined ? undefined : machines[peer]?.hub.url,
    pushgateway: machines[machine]?.pushgateway.url,
  };
}
