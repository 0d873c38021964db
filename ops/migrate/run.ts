/**
 * Drives the migration: looks at the pair twice a second, asks the steps what follows for each agent under way, keeps that at both hubs
 * and only then does it, so that whoever comes after a crash finds what was begun.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { OperatorError } from "../error.ts";
import { begin, type Facts, step, withdraw } from "./agent-step.ts";
import { type AgentDeed, carryOut } from "./deeds.ts";
import type { DriverSeat } from "./driver-seat.ts";
import type { MigrationLedger } from "./ledger.ts";
import type { MigrationLimits } from "./limits.ts";
import { type Look, lookAtPair, sampleOf } from "./look.ts";
import type { Sample } from "./samples.ts";
import { admit, type BatchPlan, isOver } from "./schedule.ts";
import { sightOf } from "./sight.ts";
import type { MigrationSite } from "./site.ts";
import { type AgentMigration, isUnderWay, waiting } from "./state.ts";

export interface RunOptions {
  limits: MigrationLimits;
  /** Agents under way at once. */
  parallel: number;
  skipped: ReadonlySet<string>;
  signal: AbortSignal;
  say(line: string): void;
  /** Told of every change of an agent's stage. */
  onStage(state: AgentMigration): void;
}

export interface BatchResult {
  batch: string;
  outcome: "done" | "stopped" | "interrupted";
  /** Of all members, as they are now. */
  states: AgentMigration[];
  /** Who waits in vain, and why. */
  blocked: Map<string, string>;
}

const lookEveryMs = 500;
/** What lies on a machine is asked for again after this, should somebody else have touched it, ms. */
const filesEveryMs = 5_000;

export class MigrationRun {
  readonly #site: MigrationSite;
  readonly #ledger: MigrationLedger;
  readonly #seat: Pick<DriverSeat, "renew">;
  readonly #options: RunOptions;
  /** Of each agent under way, since its stage began. */
  readonly #samples = new Map<string, Sample[]>();
  readonly #files = new Map<string, ReadonlyMap<string, number>>();
  #filesAtMs = Number.NEGATIVE_INFINITY;
  #awaySinceMs: number | undefined;
  #complaint = "";

  constructor(site: MigrationSite, ledger: MigrationLedger, seat: Pick<DriverSeat, "renew">, options: RunOptions) {
    this.#site = site;
    this.#ledger = ledger;
    this.#seat = seat;
    this.#options = options;
  }

  /** Finishes what an earlier run has left under way, whatever its batch, and takes back what that one would have. */
  async batch(plan: BatchPlan): Promise<BatchResult> {
    const { signal } = this.#options;
    let isStopped = false;
    while (!signal.aborted) {
      await this.#seat.renew();
      const look = await lookAtPair(this.#site.hubs);
      this.#minded(look);
      const failed = await this.#advance(look);
      if (failed && !isStopped) {
        isStopped = true;
        await this.#withdrawRest();
      }
      const admission = admit({
        plan,
        fleet: this.#site.fleet,
        states: this.#ledger.states,
        skipped: this.#options.skipped,
        parallel: isStopped || look.pairAway !== undefined ? 0 : this.#options.parallel,
      });
      if (isOver(plan, this.#ledger.states, admission) && look.pairAway === undefined)
        return this.#result(plan, isStopped ? "stopped" : "done", admission.blocked);
      await this.#change(admission.ids.map((id) => begin(this.#stateOf(id, plan.name), Date.now())));
      await sleep(lookEveryMs, undefined, { signal }).catch(() => {});
    }
    return this.#result(plan, "interrupted", new Map());
  }

  /** Takes these back, and resolves when that is done. */
  async takeBack(states: readonly AgentMigration[]): Promise<AgentMigration[]> {
    const ids = new Set(states.map(({ agent }) => agent));
    await this.#change(states);
    for (;;) {
      await this.#seat.renew();
      const look = await lookAtPair(this.#site.hubs);
      this.#minded(look);
      await this.#advance(look);
      const now = [...this.#ledger.states.values()].filter(({ agent }) => ids.has(agent));
      if (!now.some(isUnderWay) || this.#options.signal.aborted) return now;
      await sleep(lookEveryMs, undefined, { signal: this.#options.signal }).catch(() => {});
    }
  }

  /** @returns whether an agent has failed in this look */
  async #advance(look: Look): Promise<boolean> {
    const active = [...this.#ledger.states.values()].filter(isUnderWay);
    await this.#readFiles(active);
    const listening = await this.#listening(active);
    const changed: AgentMigration[] = [];
    const deeds: AgentDeed[] = [];
    let hasFailed = false;
    for (const state of active) {
      const agent = this.#agent(state.agent);
      const samples = this.#samples.get(state.agent) ?? [];
      this.#samples.set(state.agent, samples);
      if (look.pairAway === undefined) samples.push(sampleOf(look, agent.machine, agent.name));
      const facts: Facts = {
        nowMs: Date.now(),
        pairAway: look.pairAway,
        isHub: agent.isHub,
        deaf: deafPorts(this.#site.portsOf(agent), listening.get(agent.machine)),
        samples,
        sights: look.shows.map((show) => sightOf(show, agent.machine, agent.name)),
        file: this.#files.get(agent.machine)?.get(agent.name) ?? 0,
      };
      const next = step(state, facts, this.#options.limits);
      if (next.state !== state) changed.push(next.state);
      deeds.push(...next.deeds.map((deed) => ({ agent, deed })));
      hasFailed ||= next.state.why !== "" && next.state.stage !== state.stage;
    }
    await this.#change(changed);
    await this.#do(deeds);
    return hasFailed;
  }

  /** Kept at the hubs before anything follows from it. */
  async #change(states: readonly AgentMigration[]): Promise<void> {
    await this.#ledger.write(states);
    for (const state of states) {
      this.#samples.delete(state.agent);
      this.#options.onStage(state);
    }
  }

  async #do(deeds: readonly AgentDeed[]): Promise<void> {
    if (deeds.length === 0) return;
    const failed = await carryOut(deeds, this.#site);
    if (deeds.some(({ deed }) => deed.do !== "delete group")) this.#filesAtMs = Number.NEGATIVE_INFINITY;
    this.#complain(failed.join("; "));
  }

  /** Those that nobody has been cut over for wait again; the others go to their own end. */
  async #withdrawRest(): Promise<void> {
    const early = [...this.#ledger.states.values()].filter(({ stage }) => stage === "preflight" || stage === "shadow");
    await this.#change(early.map((state) => withdraw(state, Date.now())));
  }

  async #readFiles(active: readonly AgentMigration[]): Promise<void> {
    if (active.length === 0 || performance.now() - this.#filesAtMs < filesEveryMs) return;
    this.#filesAtMs = performance.now();
    const machines = new Set(active.map(({ agent }) => this.#agent(agent).machine));
    await Promise.all(
      [...machines].map(async (machine) => {
        const host = this.#site.hosts.get(machine);
        if (host !== undefined) this.#files.set(machine, await host.revisions());
      }),
    );
  }

  async #listening(active: readonly AgentMigration[]): Promise<Map<string, ReadonlySet<number> | undefined>> {
    const looked = active.filter(({ stage }) => stage === "preflight");
    const machines = [...new Set(looked.map(({ agent }) => this.#agent(agent).machine))];
    const found = await Promise.all(
      machines.map(async (machine) => [machine, await this.#site.hosts.get(machine)?.listening()] as const),
    );
    return new Map(found);
  }

  /** A pair that is not whole is waited for, and given up after a while: nothing has been lost, and the run can be gone on with. */
  #minded({ pairAway, atMs }: Look): void {
    if (pairAway === undefined) {
      if (this.#awaySinceMs !== undefined) this.#options.say("the pair is whole again");
      this.#awaySinceMs = undefined;
      return;
    }
    this.#awaySinceMs ??= atMs;
    if (atMs === this.#awaySinceMs) this.#options.say(`all wait: ${pairAway}`);
    const { pairMs } = this.#options.limits;
    if (atMs - this.#awaySinceMs <= pairMs) return;
    throw new OperatorError(
      "migrate.pair",
      `for ${Math.round(pairMs / 1_000)} s now: ${pairAway}`,
      "Mend that (tandem doctor), and run this again: it goes on where it is",
    );
  }

  #complain(what: string): void {
    if (what !== "" && what !== this.#complaint) this.#options.say(`is tried again: ${what}`);
    this.#complaint = what;
  }

  #agent(id: string) {
    const agent = this.#site.fleet.agents.find((one) => one.id === id);
    if (agent !== undefined) return agent;
    throw new OperatorError(
      "migrate.unknown",
      `the hubs keep the migration of ${id}, which is in no inventory here`,
      "Name the inventory with which it was begun with --fleet",
    );
  }

  #stateOf(id: string, batch: string): AgentMigration {
    return this.#ledger.states.get(id) ?? waiting(id, batch, Date.now());
  }

  #result({ name, groups }: BatchPlan, outcome: BatchResult["outcome"], blocked: Map<string, string>): BatchResult {
    return { batch: name, outcome, blocked, states: groups.flat().map((id) => this.#stateOf(id, name)) };
  }
}

const portNames = { port: "port", healthPort: "health port", httpPort: "HTTP port" } as const;

/** @param listening undefined where the system does not tell: the probes have to */
export function deafPorts(
  ports: Readonly<Record<keyof typeof portNames, number>>,
  listening: ReadonlySet<number> | undefined,
): string[] {
  if (listening === undefined) return [];
  const names = Object.keys(portNames) as (keyof typeof portNames)[]; // its own keys
  return names.flatMap((name) => (listening.has(ports[name]) ? [] : `${portNames[name]} ${ports[name]}`));
}
