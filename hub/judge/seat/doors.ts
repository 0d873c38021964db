/** What the seat of the failover reaches of the world; each is a client with deadlines of its own. */
import type { WitnessKey } from "../../core/failover/messages.ts";
import type { RefusedWord, RouteWord } from "../../core/router/word.ts";
import type { ServiceWord, SupervisedService } from "../../core/supervisor/word.ts";

export interface WitnessDoor {
  /** All keys, by service. */
  read(): Promise<ReadonlyMap<string, WitnessKey> | "silent">;
  /** The new revision, or why there is none; after `silent` it may be written all the same. */
  write(
    service: string,
    entry: Pick<WitnessKey, "epoch" | "writer" | "turn">,
    expectedRevision: number,
  ): Promise<number | "conflict" | "silent">;
  /** Goes over to the seed that its file holds now. */
  renewSeed(): void;
}

/** Rejects when the words cannot be known to be obeyed; resolves with those that were refused, as another epoch is known. */
export interface RouterDoor {
  put(words: readonly RouteWord[]): Promise<readonly RefusedWord[]>;
}

export interface SupervisorDoor {
  put(
    words: readonly ServiceWord[],
  ): Promise<
    | { type: "answer"; answer: { services: readonly Pick<SupervisedService, "service" | "running">[] } }
    | { type: "silent"; reason: string }
  >;
}

/** Those that the configuration names. */
export interface Doors {
  witness?: WitnessDoor;
  router?: RouterDoor;
  supervisor?: SupervisorDoor;
}
