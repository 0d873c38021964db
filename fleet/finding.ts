/** What a check of the fleet has to say, and where in the files it says it of. */
import type { PlacedAgent } from "./model.ts";

/** A line of a file of the inventory. */
export interface Place {
  file: string;
  /** From 1 on. */
  line: number;
}

export interface Finding extends Place {
  /** An error keeps every command from going on; a note does not. */
  severity: "error" | "note";
  /** Stable, dotted, for scripts: `port.clash`. */
  code: string;
  message: string;
  /** What to do about it; empty when there is nothing to do. */
  next: string;
}

/** Where the parts of a fleet stand; `keys` lead into a part: `"needs", 2`. */
export interface Places {
  /** Of two agents with one name, each has its own place. */
  agent(agent: PlacedAgent, ...keys: (string | number)[]): Place;
  batch(index: number, ...keys: (string | number)[]): Place;
  correction(index: number): Place;
  /** Without keys the line that names the machine. */
  machine(name: string, ...keys: (string | number)[]): Place;
}

export const errorAt = (place: Place, code: string, message: string, next: string): Finding => ({
  severity: "error",
  code,
  message,
  next,
  ...place,
});

export const noteAt = (place: Place, code: string, message: string): Finding => ({
  severity: "note",
  code,
  message,
  next: "",
  ...place,
});

/** `1 error`, `2 errors`. */
export const countOf = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
