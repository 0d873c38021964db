/** Two failovers that talk, with a witness and disks that answer at once; a story is what moved, and who acts. */

import { stepFailover } from "../../../../hub/core/failover/failover.ts";
import { FailoverLimits } from "../../../../hub/core/failover/limits.ts";
import type {
  FailoverCommand,
  FailoverEvent,
  OperatorOrder,
  Saved,
  WitnessKey,
} from "../../../../hub/core/failover/messages.ts";
import { digestOf, leftBy, routesOf, viewsOf, wordOf } from "../../../../hub/core/failover/outcome.ts";
import type { ServiceSpec } from "../../../../hub/core/failover/service.ts";
import { type FailoverState, startFailover } from "../../../../hub/core/failover/state.ts";
import type { Health } from "../../../../hub/core/record.ts";

export const limits = FailoverLimits.parse({});
export const tolerant: ServiceSpec = {
  name: "Reader",
  home: "mainpc",
  standby: "pc2",
  mode: "warm",
  singleWriter: false,
};
export const single: ServiceSpec = { ...tolerant, name: "Writer", singleWriter: true };
/** As the configuration says it once its home and its standby have changed places. */
export const exchanged = (spec: ServiceSpec): ServiceSpec => ({ ...spec, home: spec.standby, standby: spec.home });

type Name = "mainpc" | "pc2";
type WithoutTime<E> = E extends unknown ? Omit<E, "atMs"> : never;
type Happening = WithoutTime<FailoverEvent>;

interface Side {
  name: Name;
  peer: Name;
  /** As its own configuration has them. */
  services: readonly ServiceSpec[];
  state: FailoverState;
  disk: Saved | undefined;
  diskWorks: boolean;
  runs: boolean;
  heard: { incarnation: string; counter: number; digest: string } | undefined;
  incarnation: number;
  counter: number;
  wordText: string;
  wordAtMs: number;
}

type NewSide = Pick<Side, "name" | "peer" | "services" | "disk" | "incarnation"> & { succeeds?: boolean };

interface StartOptions {
  /** On an empty disk. */
  blank?: boolean;
  succeeds?: boolean;
  /** With another configuration than before. */
  services?: readonly ServiceSpec[];
}

const tickMs = 50;

export class Pair {
  atMs = 0;
  readonly story: string[] = [];
  readonly answers: string[] = [];
  readonly alerts: string[] = [];
  readonly givenUp: string[] = [];
  /** Machines that cannot hear the other one. */
  readonly deaf = new Set<Name>();
  readonly keys = new Map<string, WitnessKey>();
  witnessAnswers = true;
  /** Writes arrive, and nobody hears that. */
  witnessAnswersAreLost = false;
  #revision = 0;
  readonly #services: readonly ServiceSpec[];
  readonly #hasWitness: boolean;
  readonly #sides: Record<Name, Side>;
  readonly health = new Map<string, Health>();

  /** @param ofPc2 the same services as the configuration of pc2 has them */
  constructor(
    services: readonly ServiceSpec[],
    witness = true,
    disk: Saved | undefined = { table: {}, blank: false },
    ofPc2 = services,
  ) {
    this.#services = services;
    this.#hasWitness = witness;
    const side = (name: Name, peer: Name, own: readonly ServiceSpec[]): Side => ({
      name,
      peer,
      services: own,
      state: this.#start({ name, peer, services: own, disk, incarnation: 1 }),
      disk,
      diskWorks: true,
      runs: true,
      heard: undefined,
      incarnation: 1,
      counter: 0,
      wordText: "",
      wordAtMs: 0,
    });
    this.#sides = { mainpc: side("mainpc", "pc2", services), pc2: side("pc2", "mainpc", ofPc2) };
    for (const { name } of services)
      for (const machine of ["mainpc", "pc2"]) this.health.set(`${machine}/${name}`, "healthy");
    for (const name of ["mainpc", "pc2"] as const) this.#greet(name);
  }

  /** Time goes on; each tick both beat, hear, judge. */
  run(ms: number): this {
    for (const endMs = this.atMs + ms; this.atMs < endMs; ) {
      this.atMs += tickMs;
      for (const name of ["mainpc", "pc2"] as const) this.#beat(this.#sides[name]);
      for (const name of ["mainpc", "pc2"] as const) if (this.#sides[name].runs) this.tell(name, { type: "tick" });
      this.checkOneActs();
    }
    return this;
  }

  tell(name: Name, event: Happening): this {
    const side = this.#sides[name];
    // A member of the union with its time is a member of the union.
    const step = stepFailover(side.state, { ...event, atMs: this.atMs } as FailoverEvent, limits);
    side.state = step.state;
    for (const command of step.commands) this.#do(side, command);
    return this;
  }

  order(name: Name, order: OperatorOrder): this {
    return this.tell(name, { type: "operator", request: "1", order });
  }

  /** Both hubs see the health at once, when they run. */
  turns(instance: string, health: Health): this {
    this.health.set(instance, health);
    for (const side of Object.values(this.#sides))
      if (side.runs) this.tell(side.name, { type: "health", instance, health });
    return this;
  }

  /** The hub dies; its machine too unless `hubOnly`. */
  kill(name: Name, hubOnly = false): this {
    const side = this.#sides[name];
    side.runs = false;
    if (!hubOnly) for (const { name: service } of this.#services) this.health.set(`${name}/${service}`, "unhealthy");
    return this.tell(side.peer, { type: "verdict", hub: "dead", machine: hubOnly ? "alive" : "dead" });
  }

  /** The hub yields to a successor. */
  replace(name: Name): this {
    const side = this.#sides[name];
    const left = leftBy(side.state, this.atMs, limits);
    if (left !== undefined && side.diskWorks) side.disk = left;
    return this.start(name, { succeeds: true });
  }

  start(name: Name, { blank = false, succeeds = false, services }: StartOptions = {}): this {
    const side = this.#sides[name];
    if (blank) side.disk = undefined;
    if (services !== undefined) side.services = services;
    side.runs = true;
    side.incarnation++;
    side.counter = 0;
    side.heard = undefined;
    side.wordText = "";
    side.state = this.#start({ ...side, succeeds });
    for (const { name: service } of this.#services) this.turns(`${name}/${service}`, "healthy");
    this.#greet(name);
    if (this.#sides[side.peer].runs && this.deaf.size === 0)
      this.tell(side.peer, { type: "verdict", hub: "alive", machine: "alive" });
    return this;
  }

  /** Nothing passes between them. */
  part(...deaf: Name[]): this {
    for (const name of deaf.length === 0 ? (["mainpc", "pc2"] as const) : deaf) {
      this.deaf.add(name);
      this.tell(name, { type: "verdict", hub: "dead", machine: "dead" });
    }
    return this;
  }

  heal(): this {
    this.deaf.clear();
    for (const name of ["mainpc", "pc2"] as const) this.tell(name, { type: "verdict", hub: "alive", machine: "alive" });
    return this;
  }

  runs(name: Name): boolean {
    return this.#sides[name].runs;
  }

  mendDisk(name: Name, works: boolean): this {
    this.#sides[name].diskWorks = works;
    return this;
  }

  /** All faults end. */
  mendAll(): this {
    this.witnessAnswers = true;
    this.witnessAnswersAreLost = false;
    for (const name of ["mainpc", "pc2"] as const) {
      this.#sides[name].diskWorks = true;
      if (this.#sides[name].services !== this.#services) this.kill(name, true);
      if (!this.#sides[name].runs) this.start(name, { services: this.#services });
      for (const { name: service } of this.#services) this.health.set(`${name}/${service}`, "healthy");
    }
    for (const name of ["mainpc", "pc2"] as const) {
      this.tell(name, { type: "isolated", cutOff: false });
      this.#greet(name);
    }
    return this.heal();
  }

  acts(service: string): Name[] {
    return (["mainpc", "pc2"] as const).filter((name) => this.#sides[name].runs && this.view(name, service).acts);
  }

  view(name: Name, service: string) {
    const view = viewsOf(this.#sides[name].state, this.atMs, limits).find((each) => each.name === service);
    if (view === undefined) throw new Error(`no service ${service}`);
    return view;
  }

  route(name: Name, service: string) {
    return routesOf(this.#sides[name].state, this.atMs, limits).find((each) => each.service === service);
  }

  digest(name: Name): string {
    return digestOf(this.#sides[name].state);
  }

  word(name: Name) {
    return wordOf(this.#sides[name].state, this.atMs, limits);
  }

  /** Promise 2, after each tick. */
  checkOneActs(): void {
    for (const { name, singleWriter } of this.#services)
      if (singleWriter && this.acts(name).length > 1) throw new Error(`${this.atMs}: two act for ${name}`);
  }

  #start({ name, peer, services, disk, incarnation, succeeds = false }: NewSide): FailoverState {
    const setup = {
      machine: name,
      peer,
      incarnation: `${name}${incarnation}`,
      witness: this.#hasWitness,
      services,
      succeeds,
      boot: name,
    };
    return startFailover(setup, disk, this.atMs);
  }

  #greet(name: Name): void {
    const { peer } = this.#sides[name];
    this.tell(name, { type: "sync", inSync: true, refilled: true });
    for (const [instance, health] of this.health) this.tell(name, { type: "health", instance, health });
    const verdict = this.#sides[peer].runs && !this.deaf.has(name) ? "alive" : "dead";
    this.tell(name, { type: "verdict", hub: verdict, machine: verdict });
  }

  #beat(side: Side): void {
    if (!side.runs) return;
    side.counter++;
    const digest = digestOf(side.state);
    const beat = { incarnation: side.state.setup.incarnation, counter: side.counter, digest };
    this.tell(side.name, { type: "beat-sent", counter: side.counter });
    const other = this.#sides[side.peer];
    if (!other.runs || this.deaf.has(other.name)) return;
    other.heard = beat;
    const { heard } = side;
    this.tell(other.name, { type: "beat-heard", digest, ...(heard === undefined ? {} : { ack: heard }) });
    const word = wordOf(side.state, this.atMs, limits);
    const text = JSON.stringify(word);
    if (text === other.wordText && this.atMs - other.wordAtMs < 1_000) return;
    other.wordText = text;
    other.wordAtMs = this.atMs;
    this.tell(other.name, { type: "word", word });
  }

  #do(side: Side, command: FailoverCommand): void {
    switch (command.type) {
      case "persist":
        if (!side.diskWorks) return;
        side.disk = command.saved;
        return void this.tell(side.name, { type: "persisted", saved: command.saved });
      case "read-witness":
        return void this.tell(side.name, {
          type: "witness-read",
          keys: this.witnessAnswers ? Object.fromEntries(this.keys) : "silent",
        });
      case "write-witness": {
        const { service, epoch, writer, turn, expectedRevision } = command;
        const answer = { type: "witness-written", service, epoch, turn } as const;
        if (!this.witnessAnswers) return void this.tell(side.name, { ...answer, result: "silent" });
        if ((this.keys.get(service)?.revision ?? 0) !== expectedRevision)
          return void this.tell(side.name, { ...answer, result: "conflict" });
        this.keys.set(service, { epoch, writer, turn, revision: ++this.#revision });
        if (this.witnessAnswersAreLost) return void this.tell(side.name, { ...answer, result: "silent" });
        return void this.tell(side.name, { ...answer, result: this.#revision });
      }
      case "hush":
        return void this.tell(side.name, { type: "quiet", service: command.service, epoch: command.epoch });
      case "moved":
        return void this.story.push(`${this.atMs} ${command.from} > ${command.to} ${command.epoch}: ${command.why}`);
      case "given-up":
        return void this.givenUp.push(`${side.name}: ${command.text}`);
      case "alert":
        return void this.alerts.push(
          `${this.atMs} ${side.name} ${command.severity} ${command.name}: ${command.message}`,
        );
      case "probe": {
        const cut = this.deaf.has(side.name) && !command.instance.startsWith(`${side.name}/`);
        const health = cut ? "unhealthy" : (this.health.get(command.instance) ?? "unknown");
        return void this.tell(side.name, { type: "health", instance: command.instance, health });
      }
      case "answer":
        return void this.answers.push(`${command.ok}: ${command.text}`);
    }
  }
}
