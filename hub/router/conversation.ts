/** What one client has asked for on its connection: when each request may go out, and whether the client still wants to hear. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { isSafe } from "../core/router/retry.ts";
import { monoMs } from "../io/mono-clock.ts";

/** A client that ends its half so soon after its request waits for the answer, ms; one that does so later has given it up. */
const halfCloseMs = 1_000;

interface Asked {
  safe: boolean;
  /** When it may go out. */
  turn: Promise<void>;
  /** When its answer has ended. */
  answered: Promise<void>;
}

export class Conversation {
  readonly #gone = new AbortController();
  readonly #client: Socket;
  readonly #maxPipelined: number;
  /** Ends of the answers to the last so many requests. */
  readonly #answers: Promise<void>[] = [];
  #last: Asked = { safe: true, turn: Promise.resolve(), answered: Promise.resolve() };
  #underWay = 0;
  #askedAtMs = monoMs();

  constructor(client: Socket, maxPipelined: number) {
    this.#client = client;
    this.#maxPipelined = maxPipelined;
    client.once("close", () => this.#gone.abort());
    client.once("end", () => {
      if (!this.isQuiet && monoMs() - this.#askedAtMs > halfCloseMs) client.destroy();
    });
  }

  /** Aborted when the client has left. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Nothing that was asked is unanswered. */
  get isQuiet(): boolean {
    return this.#underWay === 0;
  }

  /**
   * Resolves when the request may go out. Those that change nothing may be under way together; any other waits for the answers to
   * those before it, and those behind it for its own: each has a connection to the target for itself, and they could overtake. Where as
   * many as may be are under way, nothing more is read: a client would fill the memory with requests that wait.
   */
  ask(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#underWay++;
    this.#askedAtMs = monoMs();
    request.once("end", () => {
      this.#askedAtMs = monoMs();
    });
    const answered = new Promise<void>((resolve) => {
      response.once("close", () => {
        this.#underWay--;
        if (this.#underWay < this.#maxPipelined && this.#client.isPaused()) this.#client.resume();
        resolve();
      });
    });
    // Node reads on as soon as a request is complete, which is right after this; one whose body is to come is read on.
    setImmediate(() => {
      if (this.#underWay >= this.#maxPipelined && request.complete) this.#client.pause();
    });
    const safe = isSafe(request.method ?? "");
    const inOrder = safe && this.#last.safe ? this.#last.turn : this.#last.answered;
    const room = this.#answers.length < this.#maxPipelined ? undefined : this.#answers.shift();
    const turn = room === undefined ? inOrder : Promise.all([inOrder, room]).then(() => {});
    this.#answers.push(answered);
    this.#last = { safe, turn, answered };
    return turn;
  }
}
