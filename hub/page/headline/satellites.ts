/** What is wrong with the machines that have no hub: those whose agents all fell silent. */
import type { SatelliteView } from "../../http/api.ts";
import { listText } from "../words.ts";
import type { Finding, Level, Sight } from "./finding.ts";

/** Of the verdicts that are worth a word. */
const words: Partial<Record<SatelliteView["verdict"], { level: Level; is: string }>> = {
  dead: { level: "trouble", is: "dead" },
  isolated: { level: "trouble", is: "out of reach" },
  suspect: { level: "watch", is: "under suspicion" },
};

export function satelliteFindings({ fleet, since }: Sight): Finding[] {
  return Object.entries(fleet.satellites).flatMap(([name, { verdict, since: from, reason, askedBy }]): Finding[] => {
    const word = words[verdict];
    if (word === undefined) return [];
    const hub = fleet.machines[askedBy]?.hub.name ?? fleet.hub;
    const title = `${name} is ${word.is} ${since(from)}: ${reason}`;
    return [{ level: word.level, title, details: [`${hub} on ${askedBy} goes on asking.`] }];
  });
}

/** Whether the silence of a satellite as a whole explains that of its agents. */
export function isSatelliteLost({ fleet }: Sight, machine: string): boolean {
  const satellite = fleet.satellites[machine];
  return satellite !== undefined && words[satellite.verdict] !== undefined;
}

/** `mainpc, nas and pc2` of those that live. */
export const aliveText = ({ fleet, self, peer }: Sight): string => {
  const satellites = Object.entries(fleet.satellites).filter(([, { verdict }]) => verdict === "alive");
  return listText([self.name, peer.name, ...satellites.map(([name]) => name)].sort());
};
