/** What a scenario is: a fault with a name, how often a month brings it, and the deed that does and undoes it. */
import type { Turn } from "./observer.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";

export interface Times {
  /** How long a fault stands that nothing else ends, ms. */
  holdMs: number;
  /** How long a full partition stands, ms. */
  partitionMs: number;
}

export interface Scenario {
  name: string;
  /** For `--list`: what it does, in a sentence. */
  explains: string;
  /** How often the plan expects it in a month of the whole pair. */
  perMonth: number;
  /** Whether the pair must have links between its machines, or pc2 a small disk. */
  needs?: "links" | "disk";
  /** Why it cannot be played on this stage, or here at all; empty when it can. */
  unable?(stage: Stage): Promise<string> | string;
  deed(stage: Stage, random: Random, times: Times): Deed;
}

/** Something that shall be noticed: the first turn that fits is when. */
export interface Expected {
  /** For people: `mainpc sees pc2's hub dead`. */
  what: string;
  fits(turn: Turn): boolean;
}

export interface Deed {
  /** What it will do, before it does it. */
  says: string;
  /** Names of what it touches; of two deeds at once, none may touch the same. */
  holds: string[];
  expects: Expected[];
  /** Of whom a verdict of `dead` is right while it lasts, as in Turn.of: also what hangs below them. Any other one is false. */
  mayDie: string[];
  /** May take its time, for a fault of many steps; it ends early when the signal comes. */
  begin(signal: AbortSignal): Promise<void> | void;
  /** How long it stands after that, ms. */
  holdMs: number;
  /** Ends the standing earlier or later: resolves when it has lasted long enough. @default after holdMs */
  lasts?(signal: AbortSignal): Promise<void>;
  /** Called whatever happens, also when `begin` did not come to its end. Resolves when all runs that ran before. */
  undo(): Promise<void> | void;
}

/** One machine's hub sees something of the other one. */
export const sees = (by: string, of: string, to: string, what = `${by} sees ${of} ${to}`): Expected => ({
  what,
  fits: (turn) => turn.by === by && turn.of === of && turn.to === to,
});
