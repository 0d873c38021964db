/** Who may push and who gives orders, by the tokens of two files; without a file as if nobody had ever made one. */
import type { IncomingMessage } from "node:http";
import { OperatorTokens, PushTokens, whyNotWrite } from "../core/access/tokens.ts";
import type { Group } from "../core/group-path.ts";
import type { SignedIn } from "../http/orders.ts";
import type { Log } from "../io/log.ts";
import type { AccessConfig } from "./config.ts";
import { type Denial, Gate } from "./gate.ts";
import { TokenFile } from "./token-file.ts";

/** What a request may write, or how it is refused. */
export type PushGate = (request: IncomingMessage) => Writer | { denial: Denial };

export interface Writer {
  denial?: undefined;
  /** Undefined when it may write the group. */
  whyNot(group: Group): string | undefined;
}

export type AccessKind = "push" | "order";

const anybody: Writer = { whyNot: () => undefined };

export class Access {
  /** Requests refused for their token since the start, by what they wanted. */
  readonly denied: Record<AccessKind, number> = { push: 0, order: 0 };
  readonly #pushTokens;
  readonly #operatorTokens;
  readonly #push;
  readonly #order;

  constructor({ pushTokensFile, operatorTokensFile }: AccessConfig, log: Log) {
    this.#pushTokens =
      pushTokensFile === undefined ? undefined : new TokenFile({ path: pushTokensFile, schema: PushTokens, log });
    this.#operatorTokens =
      operatorTokensFile === undefined
        ? undefined
        : new TokenFile({ path: operatorTokensFile, schema: OperatorTokens, log });
    this.#push = this.#gate("push", "a push", this.#pushTokens);
    this.#order = this.#gate("order", "an order from elsewhere", this.#operatorTokens);
  }

  async open(): Promise<void> {
    await Promise.all([this.#pushTokens?.open(), this.#operatorTokens?.open()]);
  }

  async stop(): Promise<void> {
    this.#pushTokens?.stop();
    this.#operatorTokens?.stop();
  }

  /** Whether a push needs a token. */
  get asks(): boolean {
    return this.#push !== undefined;
  }

  readonly pushGate: PushGate = (request) => {
    if (this.#push === undefined) return anybody;
    const asked = this.#push.ask(request);
    if (asked.denial !== undefined) return asked;
    const { holder } = asked;
    const whyNot = (group: Group) => {
      const why = whyNotWrite(holder, group);
      if (why !== undefined) this.denied.push++;
      return why;
    };
    return { whyNot };
  };

  /** Whose token an order shows, or how it is refused for a wrong one; undefined when it shows none. */
  readonly operatorOf: SignedIn = (request) => {
    if (this.#order === undefined || request.headers.authorization === undefined) return undefined;
    const asked = this.#order.ask(request);
    return asked.denial === undefined ? { by: asked.holder.name, byToken: true } : asked;
  };

  #gate<Token extends { name: string; sha256: string }>(
    kind: AccessKind,
    what: string,
    file: TokenFile<Token> | undefined,
  ): Gate<Token> | undefined {
    if (file === undefined) return undefined;
    const onDenied = () => void this.denied[kind]++;
    return new Gate<Token>({ holderOf: (token) => file.holderOf(token), what, nowMs: Date.now, onDenied });
  }
}
