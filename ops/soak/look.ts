/** What one look a second finds: the hubs' words, and how much machines and processes use. */
import type { MachineUse, ProcessUse } from "./slice.ts";

export interface HubLook {
  name: string;
  /** Undefined when it did not answer. */
  said: HubWord | undefined;
}

export interface HubWord {
  inSync: boolean;
  missing: number;
  metTwice: number;
  pending: number;
  clients: readonly { client: string; highest: number; missing: number; duplicates: number }[];
}

export interface Look {
  /** Wall clock, ms. */
  atMs: number;
  hubs: readonly HubLook[];
  machines: Readonly<Record<string, MachineUse>>;
  processes: Readonly<Record<string, ProcessUse>>;
  /** How late it was: by so much this program stood still, ms. */
  lateMs: number;
}
