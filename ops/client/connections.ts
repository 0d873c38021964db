/** Connections to hubs by the scheme of whoever is asked: one client may ask one hub with TLS and the other one without. */
import { Agent, type AgentOptions, request } from "node:http";
import { request as requestByTls, Agent as TlsAgent } from "node:https";

export class Connections {
  readonly #plain: { ask: typeof request; agent: Agent };
  readonly #secure: { ask: typeof request; agent: Agent };

  constructor(options: AgentOptions) {
    this.#plain = { ask: request, agent: new Agent(options) };
    this.#secure = { ask: requestByTls, agent: new TlsAgent(options) };
  }

  /** @param url of what is asked. @returns how it is asked, and by which agent */
  to(url: string): { ask: typeof request; agent: Agent } {
    return url.startsWith("https:") ? this.#secure : this.#plain;
  }

  /** Ends them all. */
  destroy(): void {
    this.#plain.agent.destroy();
    this.#secure.agent.destroy();
  }
}
