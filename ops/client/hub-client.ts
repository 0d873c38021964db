/** Asks the hubs of a pair: the one that answered last, and the next one when it does not, each within a deadline. */
import { parseAnswer } from "./answer.ts";
import { type Arguments, type Call, callOf, type OperationName, type Value } from "./call.ts";

export type Outcome<N extends OperationName> =
  | { kind: "answered"; hub: string; status: number; headers: Headers; value: Value<N> }
  /** A hub has understood it and says no; or it cannot at present, and neither can another. */
  | { kind: "refused"; hub: string; status: number; reason: string; body: unknown }
  /** No hub answered, or only something that is no hub's answer. `otherwise`: one speaks TLS or does not, other than it was asked. */
  | { kind: "silent"; reasons: string[]; otherwise: boolean };

/** What one hub said, or why that is of no use. */
export type Said<T> = { value: T } | { why: string; otherwise: boolean };

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
    let otherwise = false;
    let refused: Outcome<N> | undefined;
    for (const hub of call.operation.order ? this.#home : [...this.#hubs]) {
      const outcome = await this.#ask<N>(hub, call);
      if (outcome.kind === "silent") {
        reasons.push(...outcome.reasons);
        otherwise ||= outcome.otherwise;
      } else if (outcome.kind === "refused" && outcome.status >= 500) refused ??= outcome;
      else {
        this.#prefer(hub, call);
        return outcome;
      }
    }
    return refused ?? { kind: "silent", reasons, otherwise };
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
      const { why, otherwise } = failureOf(error);
      return { kind: "silent", reasons: [`${hub}: ${why}`], otherwise };
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
  const said = await askOne(hub, name, args, deadlineMs);
  return "value" in said ? said.value : undefined;
}

/** As `ask`, with the reason when there is no answer of use. */
export async function askOne<N extends OperationName>(
  hub: string,
  name: N,
  args: Arguments<N>,
  deadlineMs?: number,
): Promise<Said<Value<N>>> {
  const outcome = await new HubClient([hub], deadlineMs).call(name, args);
  switch (outcome.kind) {
    case "answered":
      return { value: outcome.value };
    case "refused":
      return { why: `${outcome.status} ${outcome.reason}`.trim(), otherwise: outcome.status === tlsRequired };
    case "silent":
      return {
        why: outcome.reasons.map((one) => one.replace(`${hub}: `, "")).join("; "),
        otherwise: outcome.otherwise,
      };
  }
}

/** What a hub with TLS answers to whoever it does not let in without. */
const tlsRequired = 426;

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

/** Codes of a handshake that was answered without TLS; of a certificate that is not believed there are others. */
const plainAnswers = ["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"];

/** What fetch threw, in words. `otherwise`: whoever is asked speaks TLS where it was asked without, or the other way round. */
export function failureOf(error: unknown): { why: string; otherwise: boolean } {
  const { cause, message } = error as Error; // neither fetch nor zod throws anything else
  if (!(cause instanceof Error)) return { why: message, otherwise: false };
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (plainAnswers.includes(code)) return { why: "it answers without TLS", otherwise: true };
  if (cause.name === "HTTPParserError") return { why: "it answers something else than HTTP", otherwise: true };
  // Of an address by two families there is a code alone.
  return { why: cause.message || code || message, otherwise: false };
}
