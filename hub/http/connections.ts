/** How many connections one address may hold at a port, so that none can keep all others out. */
import type { Socket } from "node:net";
import { isFromHere } from "../io/from-here.ts";
import { plainAddress } from "../io/plain-address.ts";

/** More than any agent or browser opens. */
const maxOfAddress = 256;

export class Connections {
  readonly #apart: ReadonlySet<string>;
  readonly #most: number;
  readonly #ofAddress = new Map<string, number>();
  open = 0;
  /** Since the process started, also by the port itself for want of room for all. */
  refused = 0;

  /** @param apart addresses that hold as many as they like: those of the pair, where all agents of a machine are one address */
  constructor(apart: Iterable<string> = [], most = maxOfAddress) {
    this.#most = most;
    this.#apart = new Set(apart);
  }

  /** @returns whether it may stay */
  take(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress);
    const count = (this.#ofAddress.get(address) ?? 0) + 1;
    if (count > this.#most && !this.#isApart(address, socket)) {
      this.refused++;
      socket.destroy();
      return false;
    }
    this.open++;
    this.#ofAddress.set(address, count);
    socket.once("close", () => this.#closed(address));
    return true;
  }

  #closed(address: string): void {
    this.open--;
    const left = (this.#ofAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#ofAddress.set(address, left);
    else this.#ofAddress.delete(address);
  }

  #isApart(address: string, socket: Socket): boolean {
    return isFromHere(socket) || this.#apart.has(address);
  }
}
