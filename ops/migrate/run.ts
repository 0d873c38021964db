/**
 * Drives the migration: looks at the pair twice a second, asks the steps what follows for each agent under way, keeps that at both hubs
 * and only then does it, so that whoever comes after a crash finds what was begun.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { PlacedAgent } from "../../fleet/model.ts";
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import { begin, type Facts, step, withdraw } from "./agent-step.ts";
import { type AgentDeed, carryOut, instancesOf } from "./deeds.ts";
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
/** A look and what follows from it take no longer on a slow link, ms. */
const longestLookMs = 10_000;
/** What lies on a machine is asked for again after this, should somebody else have touched it, ms. */
const filesEveryMs = 5_000;

export class MigrationRun {
  readonly #site: MigrationSite;
  readonly #ledger: MigrationLedger;
  readonly #seat: Pick<DriverSeat, "renew">;
  readonly #options: RunOptions;
  /** Of each agent under way, since its stage began. */
  readonly #samples = new Map<string, Sample[]>();
  /** Likewise, how long the pair was whole meanwhile, ms. */
  readonly #inStageMs = new Map<string, number>();
  #lastLookMs: number | undefined;
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

  /** Finishes what an earlier run has left under way, too, whatever its batch. */
  async batch(plan: BatchPlan): Promise<BatchResult> {
    const { signal } = this.#options;
    let isStopped = false;
    while (!signal.aborted) {
      await this.#seat.renew();
      const failed = await this.#advance(this.#ownStates());
      if (failed && !isStopped) {
        isStopped = true;
        await this.#withdrawRest();
      }
      const admission = admit({
        plan,
        fleet: this.#site.fleet,
        states: this.#ledger.states,
        skipped: this.#options.skipped,
        parallel: isStopped || this.#awaySinceMs !== undefined ? 0 : this.#options.parallel,
      });
      if (isOver(this.#ownStates(), admission) && this.#awaySinceMs === undefined)
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
      // Nobody else's migration is driven by taking one back.
      await this.#advance(new Map([...this.#ownStates()].filter(([agent]) => ids.has(agent))));
      const now = [...this.#ledger.states.values()].filter(({ agent }) => ids.has(agent));
      if (!now.some(isUnderWay) || this.#options.signal.aborted) return now;
      await sleep(lookEveryMs, undefined, { signal: this.#options.signal }).catch(() => {});
    }
  }

  /** Those that are in the inventory: one that was taken out of it meanwhile is left as it is. */
  #ownStates(): ReadonlyMap<string, AgentMigration> {
    return new Map([...this.#ledger.states].filter(([id]) => this.#find(id) !== undefined));
  }

  /** @returns whether an agent has failed in this look */
  async #advance(states: ReadonlyMap<string, AgentMigration>): Promise<boolean> {
    const look = await lookAtPair(this.#site.hubs);
    const active = [...states.values()].filter(isUnderWay);
    const listening = look.pairAway === undefined ? await this.#lookAtMachines(active, look) : new Map();
    this.#minded(look);
    const sinceLastMs = this.#sinceLastLook(look);
    const changed: AgentMigration[] = [];
    const deeds: AgentDeed[] = [];
    let hasFailed = false;
    for (const state of active) {
      const agent = this.#agent(state.agent);
      const samples = this.#samples.get(state.agent) ?? [];
      this.#samples.set(state.agent, samples);
      if (look.pairAway === undefined) samples.push(sampleOf(look, agent.machine, agent.name));
      const inStageMs = (this.#inStageMs.get(state.agent) ?? 0) + sinceLastMs;
      this.#inStageMs.set(state.agent, inStageMs);
      const facts: Facts = {
        nowMs: Date.now(),
        inStageMs,
        pairAway: look.pairAway,
        isHub: agent.isHub,
        deaf: deafPorts(this.#site.portsOf(agent), listening.get(agent.machine)),
        samples,
        sights: look.shows.map((show) => sightOf(show, agent.machine, agent.name)),
        file: this.#fileOf(agent, state),
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
      this.#inStageMs.delete(state.agent);
      this.#options.onStage(state);
    }
  }

  async #do(deeds: readonly AgentDeed[]): Promise<void> {
    if (deeds.length === 0) return;
    // Whoever has lost the seat meanwhile, as by a night in standby, must not write over what another driver has done.
    await this.#seat.renew();
    const failed = await carryOut(deeds, this.#site);
    if (deeds.some(({ deed }) => deed.do !== "delete group")) this.#filesAtMs = Number.NEGATIVE_INFINITY;
    this.#complain(failed.join("; "));
  }

  /** Those that nobody has been cut over for wait again; the others go to their own end. */
  async #withdrawRest(): Promise<void> {
    const early = [...this.#ledger.states.values()].filter(({ stage }) => stage === "preflight" || stage === "shadow");
    await this.#change(early.map((state) => withdraw(state, Date.now())));
  }

  /** A machine that does not answer is a reason to wait, as a hub is. @returns ports that listen, by machine */
  async #lookAtMachines(
    active: readonly AgentMigration[],
    look: Look,
  ): Promise<Map<string, ReadonlySet<number> | undefined>> {
    try {
      await this.#readFiles(active);
      return await this.#listening(active);
    } catch (error) {
      this.#filesAtMs = Number.NEGATIVE_INFINITY;
      look.pairAway = messageOf(error);
      return new Map();
    }
  }

  async #readFiles(active: readonly AgentMigration[]): Promise<void> {
    if (active.length === 0 || performance.now() - this.#filesAtMs < filesEveryMs) return;
    const agents = active.map(({ agent }) => this.#agent(agent));
    const machines = new Set(agents.flatMap((agent) => instancesOf(agent, this.#site).map(({ machine }) => machine)));
    await Promise.all(
      [...machines].map(async (machine) => {
        const host = this.#site.hosts.get(machine);
        if (host !== undefined) this.#files.set(machine, await host.revisions());
      }),
    );
    this.#filesAtMs = performance.now();
  }

  /** Of the home, and of the standby where that has one: what either lacks has to be written, what either has left to be removed. */
  #fileOf(agent: PlacedAgent, { stage, revision }: AgentMigration): number {
    const [home = 0, ...others] = instancesOf(agent, this.#site).map(
      ({ machine, folder }) => this.#files.get(machine)?.get(folder) ?? 0,
    );
    if (stage === "undoing") return Math.max(home, ...others);
    if (stage !== "cutover" && stage !== "watch") return home;
    return others.find((other) => other !== revision) ?? home;
  }

  async #listening(active: readonly AgentMigration[]): Promise<Map<string, ReadonlySet<number> | undefined>> {
    const looked = active.filter(({ stage }) => stage === "preflight");
    const machines = [...new Set(looked.map(({ agent }) => this.#agent(agent).machine))];
    const found = await Promise.all(
      machines.map(async (machine) => [machine, await this.#site.hosts.get(machine)?.listening()] as const),
    );
    return new Map(found);
  }

  /** Time in which the pair was whole since the look before, ms; a gap, as of a computer that slept, counts as one look. */
  #sinceLastLook({ atMs, pairAway }: Look): number {
    const lastMs = this.#lastLookMs;
    this.#lastLookMs = pairAway === undefined ? atMs : undefined;
    if (pairAway !== undefined || lastMs === undefined) return 0;
    return Math.min(atMs - lastMs, longestLookMs);
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

  #find(id: string): PlacedAgent | undefined {
    return this.#site.fleet.agents.find((one) => one.id === id);
  }

  #agent(id: string): PlacedAgent {
    const agent = this.#find(id);
    if (agent === undefined) throw new RangeError(`${id} is in no inventory`);
    return agent;
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
