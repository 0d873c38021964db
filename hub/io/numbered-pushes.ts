/** Appends pushes so that a client's retry of a numbered one has no second effect, also while the first is still under way. */
import type { ClientBook, NumberedPush, Standing } from "../core/client-book.ts";
import type { Push, RecordPosition } from "../core/record.ts";
import type { AppendOutcome } from "./journal.ts";

type Candidate = Omit<Push, "at">;

export type PushOutcome =
  | AppendOutcome
  /** Stored before: on both machines, here up to that position, or here in the spool. */
  | { kind: "replayed"; at: "both" | RecordPosition | "spool" }
  /** The client gave the number to another push. */
  | { kind: "reused"; reason: string };

export interface NumberedPushesOptions {
  machine: string;
  book: ClientBook;
  append(push: Candidate): Promise<AppendOutcome>;
  /** Where the newest record of this machine is. */
  newest(): RecordPosition | "spool";
}

export class NumberedPushes {
  readonly #options: NumberedPushesOptions;
  readonly #underWay = new Map<string, Promise<AppendOutcome>>();

  constructor(options: NumberedPushesOptions) {
    this.#options = options;
  }

  /** What is known of a push before it is checked: a retry is answered even if other pushes contradict it by now. */
  known(push: Candidate): PushOutcome | undefined {
    if (!isNumbered(push)) return undefined;
    return this.#outcomeOf(this.#options.book.standing(push), push);
  }

  async append(push: Candidate): Promise<PushOutcome> {
    if (!isNumbered(push)) return await this.#options.append(push);
    const key = `${push.client.name}:${push.client.seq}`;
    for (let first = this.#underWay.get(key); first !== undefined; first = this.#underWay.get(key)) await first;
    const known = this.known(push);
    if (known !== undefined) return known;
    const appending = this.#options.append(push).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, appending);
    return await appending;
  }

  #outcomeOf(standing: Standing, { client }: NumberedPush): PushOutcome | undefined {
    switch (standing.kind) {
      case "new":
        return undefined;
      case "replayed":
        return { kind: "replayed", at: standing.origin === this.#options.machine ? this.#options.newest() : "both" };
      case "reused":
        return {
          kind: "reused",
          reason: `number ${client.seq} of client ${client.name} was given to another push, or long ago; a client that starts anew takes another name`,
        };
    }
  }
}

const isNumbered = (push: Candidate): push is Candidate & NumberedPush => push.client !== undefined;
