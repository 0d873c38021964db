/** What a migration needs to know of a site, be it two deployed machines or a local run, and how it acts there. */
import type { Fleet, PlacedAgent } from "../../fleet/model.ts";
import type { DocumentWritten } from "../site/documents.ts";
import type { DocumentToKeep, GiveOrders } from "../site/keep-documents.ts";
import type { AgentHost } from "./host.ts";

export interface MigrationSite {
  /** In words, for people. @example "the local run in .tandem" */
  name: string;
  fleet: Fleet;
  /** Base URLs of both hubs by machine, as this computer reaches them. */
  hubs: ReadonlyMap<string, string>;
  /** By machine, satellites' included. */
  hosts: ReadonlyMap<string, AgentHost>;
  /** The ports that the agent really has there. */
  portsOf(agent: PlacedAgent): Readonly<Record<"port" | "healthPort" | "httpPort", number>>;
  /** @param machine where this instance stands: for a standby, not the agent's own */
  hubFile(agent: PlacedAgent, stage: "shadow" | "dual", revision: number, machine: string): string;
  /** Each at the first hub that keeps it; what came of each, in their order. Never throws. */
  keep(documents: readonly DocumentToKeep[]): Promise<DocumentWritten[]>;
  /** Each gives orders to one hub. */
  give: readonly GiveOrders[];
  /** Where the reports of batches are written. */
  reports: string;
}
