/** Something that the headline has to say, and what it is said from. */
import type { FleetView, MachineView } from "../../http/api.ts";

/** `watch`: keep an eye on it; `trouble`: something is dead, cut or lost. */
export type Level = "well" | "watch" | "trouble";

export interface Finding {
  level: Level;
  /** One sentence without its full stop. */
  title: string;
  /** Further sentences: what follows from it and what is being done. Told when this finding leads the headline. */
  details: string[];
}

/** The pair as the hub that answers sees it. */
export interface Sight {
  fleet: FleetView;
  /** The machine of the hub that answers. */
  self: { name: string; view: MachineView };
  peer: { name: string; view: MachineView };
  /** `since 14:03:22 (12 s)`. */
  since(instant: string): string;
  /** `until 14:13:34`. */
  until(instant: string): string;
  /** ` for 12 s`, with its space; empty where ages are left out. */
  ago(ms: number): string;
  /** The moment so many ms ago. */
  instantAgo(ms: number): string;
}

/** Whether the peer as a whole is lost, which explains its agents, the link and the sync. */
export const isPeerLost = ({ peer }: Sight): boolean =>
  peer.view.verdict === "dead" || peer.view.verdict === "isolated";
