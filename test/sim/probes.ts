/** A hub's questions to the instances of services: to its own machine's always, to the peer's while the peer's hub is dead. */
import { type AgentHealth, startAgentHealth, stepAgentHealth } from "../../hub/core/agent-health.ts";
import type { Health } from "../../hub/core/record.ts";
import type { Enforcer } from "./enforcer.ts";
import type { Machine } from "./machine.ts";
import type { Network } from "./network.ts";

export interface ProbesOptions {
  network: Network;
  self: Machine;
  peer: Machine;
  own: Enforcer;
  others: Enforcer;
  services: readonly string[];
  isPeerHubDead(): boolean;
  /** `turned`: it is another than before. */
  onHealth(service: string, machine: string, health: Health, turned: boolean): void;
}

const everyMs = 250;
const deadlineMs = 250;
const reportEveryMs = 1_000;

export class Probes {
  readonly #options: ProbesOptions;
  readonly #states = new Map<string, AgentHealth>();
  readonly #toldAtMs = new Map<string, number>();

  constructor(options: ProbesOptions) {
    this.#options = options;
    options.self.processes.hub.every(everyMs, () => {
      for (const service of options.services) {
        this.#askOwn(service);
        if (options.isPeerHubDead()) this.#askPeer(service);
      }
    });
  }

  ask(service: string, machine: string): void {
    if (machine === this.#options.self.name) this.#askOwn(service);
    else this.#askPeer(service);
  }

  #askOwn(service: string): void {
    const { self, own } = this.#options;
    const agent = own.agent(service);
    this.#take(service, self, agent === "well" ? "answered" : agent === "hung" ? "timeout" : "refused");
  }

  #askPeer(service: string): void {
    const { network, self, peer, others } = this.#options;
    const { hub } = self.processes;
    let isAnswered = false;
    const answer = (type: "answered" | "refused") => {
      const take = hub.bound(() => {
        if (isAnswered) return;
        isAnswered = true;
        this.#take(service, peer, type);
      });
      network.send(peer.name, self.name, "ask", take);
    };
    network.send(self.name, peer.name, "ask", () => {
      const agent = others.agent(service);
      if (!peer.isUp || peer.isStopped || agent === "hung") return;
      answer(agent === "well" ? "answered" : "refused");
    });
    hub.after(deadlineMs, () => {
      if (isAnswered) return;
      isAnswered = true;
      this.#take(service, peer, "timeout");
    });
  }

  #take(service: string, machine: Machine, type: "answered" | "refused" | "timeout"): void {
    const atMs = this.#options.self.clock.monoMs;
    const key = `${machine.name}/${service}`;
    const before = this.#states.get(key) ?? startAgentHealth(atMs);
    const answer =
      type === "answered"
        ? ({ type, health: "healthy", message: "", latencyMs: 1 } as const)
        : ({ type, reason: "" } as const);
    const state = stepAgentHealth(before, answer, atMs);
    this.#states.set(key, state);
    const turned = state.health !== before.health;
    const toldAtMs = this.#toldAtMs.get(key) ?? Number.NEGATIVE_INFINITY;
    if (!turned && atMs - toldAtMs < reportEveryMs) return;
    this.#toldAtMs.set(key, atMs);
    this.#options.onHealth(service, machine.name, state.health, turned);
  }
}
