/** Watches during a fault who owns which service, and waits afterwards until all are at home again. */
import { setTimeout as pause } from "node:timers/promises";
import type { ServiceJson } from "../../hub/http/api.ts";
import { monoMs } from "../../hub/io/mono-clock.ts";
import { servicesAt } from "./services.ts";
import type { Stage } from "./stage.ts";

const pollMs = 25;

export class ServiceWatch {
  readonly names: string[];
  readonly #stage: Stage;
  readonly #stop = new AbortController();
  readonly #before: Map<string, string>;
  readonly #moved = new Map<string, number>();

  private constructor(stage: Stage, services: readonly ServiceJson[]) {
    this.#stage = stage;
    this.names = services.map(({ name }) => name);
    this.#before = new Map(services.map(({ name, owner }) => [name, owner]));
    if (services.length > 0) for (const { hubUrl } of stage.machines) void this.#poll(hubUrl);
  }

  /** Without an answer of the hubs there is nothing to watch. */
  static async start(stage: Stage): Promise<ServiceWatch> {
    return new ServiceWatch(stage, (await stage.services()) ?? []);
  }

  stop(): void {
    this.#stop.abort();
  }

  /** When a hub first named another owner than before. */
  movedAtMs(service: string): number | undefined {
    return this.#moved.get(service);
  }

  /** When both hubs agreed that all are at home; null when the time is over or the signal comes, undefined without services. */
  async home(deadlineMs: number, signal: AbortSignal): Promise<number | null | undefined> {
    if (this.names.length === 0) return undefined;
    const endMs = performance.now() + deadlineMs;
    for (;;) {
      const answers = await Promise.all(this.#stage.machines.map(({ hubUrl }) => servicesAt(hubUrl)));
      const isHome = ({ state, owner, home }: ServiceJson) => state === "home" && owner === home;
      if (answers.every((services) => services?.every(isHome) === true)) return monoMs();
      if (signal.aborted || performance.now() > endMs) return null;
      await pause(pollMs);
    }
  }

  async #poll(hubUrl: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const { name, owner } of (await servicesAt(hubUrl)) ?? [])
        if (owner !== this.#before.get(name) && !this.#moved.has(name)) this.#moved.set(name, monoMs());
      await pause(pollMs);
    }
  }
}
