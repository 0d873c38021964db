/** What the failover knows of a service beforehand, and what it says of it at any moment. */
import type { z } from "zod";
import type { Mode } from "../../../fleet/model.ts";
import type { Health } from "../record.ts";

export interface ServiceSpec {
  /** Name of the agent. */
  name: string;
  home: string;
  standby: string;
  mode: z.infer<typeof Mode>;
  /** Two that act at once would do harm: it moves by lease only. */
  singleWriter: boolean;
}

/** Why nothing moves although it should, or what moves right now. */
export type ServiceState =
  /** Its owner is its home, and acts. */
  | "home"
  /** Its standby owns it. */
  | "away"
  /** It is between owners: released by one, not yet taken by the other. */
  | "moving"
  /** Nobody may act: the reason says what is waited for. */
  | "held";

export interface ServiceView extends ServiceSpec {
  state: ServiceState;
  /** Grows by one with each move; a lower one never acts. */
  epoch: number;
  /** Machine that owns the epoch. */
  owner: string;
  /** Whether this machine's instance may act now. */
  acts: boolean;
  /** Until when, monotonic ms; null where no lease bounds it. */
  actsUntilMs: number | null;
  /** Empty when all is well. */
  reason: string;
  /** When the state began, monotonic ms. */
  sinceMs: number;
  /** Last known health of both instances by machine. */
  health: Record<string, Health>;
}
