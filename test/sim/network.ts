/** The wires: datagrams may be lost, doubled or overtaken, streams are late instead, and each direction can be cut by itself. */
import type { World } from "./world.ts";

/** `udp` datagrams; `tcp` and `nats` streams between the hubs; `ask` questions with an answer, such as probes. */
export type Path = "udp" | "tcp" | "nats" | "ask";

export interface Wire {
  delayMs: number;
  jitterMs: number;
  /** Part of the packets. */
  loss: number;
  twice: number;
  /** Nothing passes, and nobody says so. */
  isCut: boolean;
}

const goodWire = (): Wire => ({ delayMs: 0.2, jitterMs: 0.4, loss: 0, twice: 0, isCut: false });
/** A stream waits so long before it sends a lost packet again. */
const resendMs = 200;
/** What a cut stream keeps to send after the cut, as a socket's buffer does. */
const keptMessages = 32;

interface Stream {
  /** Nothing overtakes what was sent before. */
  arrivesAtMs: number;
  kept: (() => void)[];
}

export class Network {
  readonly #world: World;
  readonly #wires = new Map<string, Wire>();
  readonly #streams = new Map<string, Stream>();
  /** Paths that are down by themselves, as `nats` of a machine whose server is dead. */
  readonly #closed = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  wire(from: string, to: string): Wire {
    const key = `${from}>${to}`;
    let wire = this.#wires.get(key);
    if (wire === undefined) {
      wire = goodWire();
      this.#wires.set(key, wire);
    }
    return wire;
  }

  /** Everything as it was at the beginning; what cut streams kept is sent or, when the connection is given up, gone. */
  mend(from: string, to: string): void {
    this.#wires.set(`${from}>${to}`, goodWire());
    this.uncut(from, to);
  }

  cut(from: string, to: string): void {
    this.wire(from, to).isCut = true;
  }

  uncut(from: string, to: string): void {
    this.wire(from, to).isCut = false;
    const givenUp = this.#world.random.chance(0.5);
    for (const path of ["tcp", "nats"] as const) {
      const stream = this.#stream(from, to, path);
      const kept = stream.kept.splice(0);
      if (!givenUp) for (const arrive of kept) this.#send(from, to, path, arrive);
    }
  }

  closePath(machine: string, path: Path): void {
    this.#closed.add(`${machine}/${path}`);
  }

  openPath(machine: string, path: Path): void {
    this.#closed.delete(`${machine}/${path}`);
  }

  /** `arrive` happens at the other end, if at all. */
  send(from: string, to: string, path: Path, arrive: () => void): void {
    if (this.#closed.size > 0 && (this.#closed.has(`${from}/${path}`) || this.#closed.has(`${to}/${path}`))) return;
    this.#send(from, to, path, arrive);
  }

  #send(from: string, to: string, path: Path, arrive: () => void): void {
    const { random } = this.#world;
    const wire = this.wire(from, to);
    if (path === "udp" || path === "ask") {
      if (wire.isCut) return;
      // A question is asked over a stream: it survives a lost packet.
      let delayMs = this.#delay(wire);
      if (wire.loss > 0 && random.chance(wire.loss)) {
        if (path === "udp") return;
        delayMs += resendMs;
      }
      this.#world.after(delayMs, arrive);
      if (wire.twice > 0 && path === "udp" && random.chance(wire.twice)) this.#world.after(this.#delay(wire), arrive);
      return;
    }
    const stream = this.#stream(from, to, path);
    if (wire.isCut) {
      if (stream.kept.length < keptMessages) stream.kept.push(arrive);
      return;
    }
    let delayMs = this.#delay(wire);
    for (let tries = 0; tries < 4 && wire.loss > 0 && random.chance(wire.loss); tries++) delayMs += resendMs;
    stream.arrivesAtMs = Math.max(stream.arrivesAtMs, this.#world.nowMs + delayMs);
    this.#world.after(stream.arrivesAtMs - this.#world.nowMs, arrive);
  }

  #delay({ delayMs, jitterMs }: Wire): number {
    return delayMs + jitterMs * this.#world.random.next();
  }

  #stream(from: string, to: string, path: Path): Stream {
    const key = `${from}>${to}/${path}`;
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = { arrivesAtMs: 0, kept: [] };
      this.#streams.set(key, stream);
    }
    return stream;
  }
}
