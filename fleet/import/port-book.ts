/** Remembers which port of which machine is whose, and finds free ones. */
import type { Place } from "../finding.ts";
import { firstEphemeralPort } from "./conventions.ts";

export interface Holder {
  /** For people: `TTSService's health port`. */
  what: string;
  /** Of an agent; undefined for a server of Tandem's, or what listens beside the agents. */
  id: string | undefined;
  place: Place | undefined;
}

export class PortBook {
  readonly #held = new Map<string, Holder>();

  /** Undefined when it was free, and is taken now; else whoever has it. */
  take(machine: string, port: number, holder: Holder): Holder | undefined {
    const other = this.holder(machine, port);
    if (other === undefined) this.#held.set(`${machine}:${port}`, holder);
    return other;
  }

  holder(machine: string, port: number): Holder | undefined {
    return this.#held.get(`${machine}:${port}`);
  }

  /** From `wanted` upwards, free on each of the machines; a port given away fits both when they run on one computer. */
  freeFrom(wanted: number, machines: readonly string[]): number | undefined {
    for (let port = wanted; port < firstEphemeralPort; port++)
      if (machines.every((machine) => this.holder(machine, port) === undefined)) return port;
    return undefined;
  }
}

/** `TTSService's port (pc2.yaml:12)`. */
export const nameOfHolder = ({ what, place }: Holder) =>
  place === undefined ? what : `${what} (${place.file.slice(place.file.lastIndexOf("/") + 1)}:${place.line})`;
