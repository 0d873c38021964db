/** Asks the hubs of a pair: the one that answered last, and the next one when it does not, each within a deadline. */
import { parseAnswer } from "./answer.ts";
import { type Arguments, type Call, callOf, type OperationName, type Value } from "./call.ts";

export type Outcome<N extends OperationName> =
  | { kind: "answered"; hub: string; status: number; headers: Headers; value: Value<N> }
  /** A hub has understood it and says no; or it cannot at present, and neither can another. */
  | { kind: "refused"; hub: string; status: number; reason: string; body: unknown }
  /** No hub answered, or only something that is no hub's answer. */
  | { kind: "silent"; reasons: string[] };

const defaultDeadlineMs = 5_000;

export class HubClient {
  /** Of the own machine: the only one to which orders go, whichever answers questions. */
  readonly #home: readonly string[];
  readonly #hubs: string[];
  readonly #deadlineMs: number;

  /**
   * @param hubs base URLs, the own machine's first @example ["http://192.0.2.10:9000", "http://192.0.2.20:9100"]
   * @param deadlineMs of one question to one hub
   */
  constructor(hubs: readonly string[], deadlineMs = defaultDeadlineMs) {
    this.#home = hubs.slice(0, 1);
    this.#hubs = [...hubs];
    this.#deadlineMs = deadlineMs;
  }

  /** Orders go to the first hub alone: one that was not answered may have been carried out. */
  async call<N extends OperationName>(name: N, args: Arguments<N>): Promise<Outcome<N>> {
    const call = callOf(name, args);
    const reasons: string[] = [];
    let refused: Outcome<N> | undefined;
    for (const hub of call.operation.order ? this.#home : [...this.#hubs]) {
      const outcome = await this.#ask<N>(hub, call);
      if (outcome.kind === "silent") reasons.push(...outcome.reasons);
      else if (outcome.kind === "refused" && outcome.status >= 500) refused ??= outcome;
      else {
        this.#prefer(hub, call);
        return outcome;
      }
    }
    return refused ?? { kind: "silent", reasons };
  }

  #prefer(hub: string, { operation }: Call): void {
    if (operation.order || this.#hubs[0] === hub) return;
    this.#hubs.splice(this.#hubs.indexOf(hub), 1);
    this.#hubs.unshift(hub);
  }

  async #ask<N extends OperationName>(hub: string, { operation, path, init }: Call): Promise<Outcome<N>> {
    try {
      const answer = await fetch(`${hub}${path}`, { ...init, signal: AbortSignal.timeout(this.#deadlineMs) });
      const { status, headers } = answer;
      const text = await answer.text();
      const schema = operation.answers[status]?.json;
      if (!answer.ok) return { kind: "refused", hub, status, ...refusalIn(text) };
      // The schema is this operation's, and so is what it lets through.
      const value = (schema === undefined ? text : parseAnswer(schema, JSON.parse(text))) as Value<N>;
      return { kind: "answered", hub, status, headers, value };
    } catch (error) {
      return { kind: "silent", reasons: [`${hub}: ${reasonOf(error)}`] };
    }
  }
}

/** What one hub says; undefined when it does not answer, refuses, or says something else. */
export async function ask<N extends OperationName>(
  hub: string,
  name: N,
  args: Arguments<N>,
  deadlineMs?: number,
): Promise<Value<N> | undefined> {
  const outcome = await new HubClient([hub], deadlineMs).call(name, args);
  return outcome.kind === "answered" ? outcome.value : undefined;
}

function refusalIn(text: string): { reason: string; body: unknown } {
  try {
    const body: unknown = JSON.parse(text);
    const { error, text: said } = Object(body) as Record<string, unknown>; // of whatever it is
    return {
      reason: ([error, said].find((one) => typeof one === "string") as string | undefined) ?? text.trim(),
      body,
    }; // found as one
  } catch {
    return { reason: text.trim(), body: text };
  }
}

/** fetch says what happened in the cause of its error. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error; // neither fetch nor zod throws anything else
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}
