/** A bounded number of answers that last, of which one address has a part at most: else one computer could keep all others out. */
import type { IncomingMessage, ServerResponse } from "node:http";

export class Places {
  readonly #most: number;
  readonly #mostOfAddress: number;
  /** With the address that each is at. */
  readonly #taken = new Map<ServerResponse, string>();

  constructor(most: number, mostOfAddress: number) {
    this.#most = most;
    this.#mostOfAddress = mostOfAddress;
  }

  get size(): number {
    return this.#taken.size;
  }

  answers(): Iterable<ServerResponse> {
    return this.#taken.keys();
  }

  /** The place is free again when the answer has ended. @returns how many there are where none is free: then none is taken */
  take({ socket }: IncomingMessage, response: ServerResponse): string | undefined {
    const { remoteAddress: address = "" } = socket;
    const ofAddress = [...this.#taken.values()].filter((other) => other === address).length;
    if (ofAddress >= this.#mostOfAddress) return `${this.#mostOfAddress} of this address`;
    if (this.#taken.size >= this.#most) return String(this.#most);
    this.#taken.set(response, address);
    response.once("close", () => this.#taken.delete(response));
    return undefined;
  }
}
