/** What an operator is told when a command cannot do what was asked for. */
import { plainLines } from "./one-line.ts";

/** An error that an operator meets: what happened and why in `message`, what to do about it in `next`. */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
  readonly code: string;
  readonly next: string;

  /** @param code stable, dotted, for scripts: `port.taken` */
  constructor(code: string, what: string, next: string) {
    super(what);
    this.code = code;
    this.next = next;
  }

  /** Two lines for a terminal. */
  toText(): string {
    return plainLines(`${this.message}\n  → ${this.next}`);
  }
}
