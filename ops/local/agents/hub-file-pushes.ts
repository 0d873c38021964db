/** The pushes of one agent by one hub file, from when it is read until another one, or none, is there. */
import type { HubFile } from "../../../fleet/hub-file.ts";
import { messageOf } from "../../../hub/io/log.ts";
import type { Connections } from "../../client/connections.ts";
import type { Agent } from "./agent.ts";
import { isSilent } from "./fault.ts";
import { afterPush, firstChoice, type HubRole, hubToTry, type PushOutcome } from "./hub-choice.ts";
import { isLate, push } from "./push.ts";
import { Rounds } from "./rounds.ts";

export interface HubFilePushesOptions {
  agent: Agent;
  file: HubFile;
  connections: Connections;
  /** Between two pushes once nobody waits for them, ms. */
  intervalMs: number;
  /** Called after each push; `taker` undefined: no hub took it. */
  pushed(taker: HubRole | undefined): void;
  /** Called when pushes take another way than before; `hub` undefined: no hub took it, `why` says what the last one said. */
  wayChanged(hub: string | undefined, why: string): void;
}

/** While a migration looks at them, pushes follow each other as fast as this, ms. */
const watchedIntervalMs = 1_000;
/** How long it looks at those of the stage dual, ms. */
const watchedMs = 30_000;
/** A push on its way when the next file comes may take so much longer, ms: the next one's first push is waited for. */
const endGraceMs = 150;

export class HubFilePushes {
  readonly file: HubFile;
  readonly #options: HubFilePushesOptions;
  readonly #rounds: Rounds;
  readonly #end = new AbortController();
  readonly #readMs = performance.now();
  #choice = firstChoice;
  #way: string | undefined;
  #tried = false;

  constructor(options: HubFilePushesOptions) {
    this.#options = options;
    this.file = options.file;
    this.#rounds = new Rounds(
      () => this.#push(),
      () => this.#intervalMs(),
    );
  }

  /** Name of the hub that took the last push; undefined before the first, and when none took it. */
  get hub(): string | undefined {
    return this.#way;
  }

  start(afterMs: number): void {
    this.#rounds.start(afterMs);
  }

  /** Resolves when no push is on its way any more. */
  async end(graceMs = endGraceMs): Promise<void> {
    const timer = setTimeout(() => this.#end.abort(new Error("the hub file has changed")), graceMs);
    await this.#rounds.stop();
    clearTimeout(timer);
  }

  #intervalMs(): number {
    const { intervalMs } = this.#options;
    const watched = this.file.stage === "shadow" || performance.now() - this.#readMs < watchedMs;
    return watched ? Math.min(watchedIntervalMs, intervalMs) : intervalMs;
  }

  async #push(): Promise<void> {
    const { agent, pushed } = this.#options;
    const { thresholds } = this.file;
    const tried: HubRole[] = [];
    let why = "";
    // It may be made silent between the two hubs.
    while (!isSilent(agent.fault)) {
      const role = hubToTry(this.#choice, tried, thresholds, performance.now());
      if (role === undefined) {
        pushed(undefined);
        return this.#went(undefined, why);
      }
      tried.push(role);
      const outcome = await this.#pushTo(role);
      if (outcome === undefined) return;
      this.#choice = afterPush(this.#choice, role, outcome.kind, thresholds, performance.now());
      agent.metrics.pushed(this.file[role].name, outcome.kind);
      if (outcome.kind === "ok") {
        pushed(role);
        return this.#went(this.file[role].name, why);
      }
      why = `${this.file[role].name}: ${outcome.why}`;
    }
  }

  /** Undefined when the file's end came first. */
  async #pushTo(role: HubRole): Promise<{ kind: PushOutcome; why: string } | undefined> {
    const { agent, connections } = this.#options;
    const { agent: job, machine, stage, thresholds } = this.file;
    try {
      await push({
        hub: this.file[role].url,
        job,
        groupings: { machine, ...(stage === "shadow" ? { arrangement: "shadow" } : {}) },
        registry: agent.metrics.registry,
        connections,
        deadlineMs: thresholds.deadlineMs,
        signal: this.#end.signal,
      });
      return { kind: "ok", why: "" };
    } catch (error) {
      if (this.#end.signal.aborted) return undefined;
      return { kind: isLate(error) ? "late" : "failed", why: messageOf(error) };
    }
  }

  #went(hub: string | undefined, why: string): void {
    const expected = this.#tried ? this.#way : this.file.primary.name;
    this.#tried = true;
    this.#way = hub;
    if (hub !== expected) this.#options.wayChanged(hub, why);
  }
}
