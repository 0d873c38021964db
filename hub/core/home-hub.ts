/** Which hub looks after which machine's agents: each of the pair after its own, and after those of the satellites that it watches. */

/** A machine without a hub of its own. */
export interface SatelliteHome {
  name: string;
  /** Machine whose hub asks its agents; the peer's does so while that is dead. */
  watchedBy: string;
}

/** The machine whose hub speaks for this machine's agents. */
export function homeHubOf(machine: string, satellites: readonly SatelliteHome[]): string {
  return satellites.find(({ name }) => name === machine)?.watchedBy ?? machine;
}

/** All machines whose agents this machine's hub looks after: its own first. */
export function machinesOf(hub: string, satellites: readonly SatelliteHome[]): string[] {
  return [hub, ...satellites.filter(({ watchedBy }) => watchedBy === hub).map(({ name }) => name)];
}

/** @param id `machine/name` of an agent */
export function homeHubOfAgent(id: string, satellites: readonly SatelliteHome[]): string {
  return homeHubOf(id.slice(0, Math.max(0, id.indexOf("/"))), satellites);
}
