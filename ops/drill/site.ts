/** A pair that is in use, as a drill sees it: where it answers, and how one of its servers is killed or frozen. */
import type { DocumentWritten } from "../site/documents.ts";
import type { DocumentToKeep, GiveOrders } from "../site/keep-documents.ts";
import type { Part } from "./scenarios.ts";

export interface DrillSite {
  /** In words, for people. */
  name: string;
  /** Base URLs of both hubs by machine. */
  hubs: ReadonlyMap<string, string>;
  /** Why a server that was killed would stay dead; undefined when somebody starts it again. */
  staysDead: string | undefined;
  /** SIGKILL. @throws OperatorError when it does not run */
  crash(machine: string, parts: readonly Part[]): Promise<void>;
  /** SIGSTOP, and SIGCONT after the hold, whatever becomes of who has asked for it. @returns what ends the hold before */
  freeze(machine: string, parts: readonly Part[], holdMs: number): Promise<() => Promise<void>>;
  /** Keeps deployments away until it is released. @throws OperatorError while one is under way */
  lock(): Promise<{ release(): Promise<void> }>;
  keep(documents: readonly DocumentToKeep[]): Promise<DocumentWritten[]>;
  /** Each gives orders to one hub. */
  give: readonly GiveOrders[];
  /** Where reports are written. */
  reports: string;
}
