/** What a migration does on a machine of agents: hub files written and taken away, and a look at what listens there. */

export interface AgentHost {
  machine: string;
  /** Revision of each hub file that lies there, by its folder: the agent's name, or that of a standby (fleet/hub-file.ts). */
  revisions(): Promise<ReadonlyMap<string, number>>;
  /** Each file whole or not at all. */
  write(files: readonly { folder: string; text: string }[]): Promise<void>;
  remove(folders: readonly string[]): Promise<void>;
  /** TCP ports on which something listens; undefined where the system does not tell. */
  listening(): Promise<ReadonlySet<number> | undefined>;
}

/** @param text of /proc/net/tcp and tcp6, one behind the other */
export function listeningPorts(text: string): Set<number> {
  const ports = new Set<number>();
  for (const line of text.split("\n")) {
    const [, local = "", , state] = line.trim().split(/\s+/);
    if (state === "0A") ports.add(Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16));
  }
  return ports;
}
