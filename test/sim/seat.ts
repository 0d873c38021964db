/** Beside the judge: the hub's own failover core, with hands that reach the disk, the witness and this machine's enforcer. */

import { stepFailover } from "../../hub/core/failover/failover.ts";
import { digestOf } from "../../hub/core/failover/lease.ts";
import type { FailoverLimits } from "../../hub/core/failover/limits.ts";
import type { FailoverCommand, FailoverEvent, OperatorOrder, Word } from "../../hub/core/failover/messages.ts";
import { type Route, routesOf, viewsOf, wordOf } from "../../hub/core/failover/outcome.ts";
import type { ServiceView } from "../../hub/core/failover/service.ts";
import { type FailoverSetup, startFailover } from "../../hub/core/failover/state.ts";
import type { Enforcer } from "./enforcer.ts";
import type { Machine } from "./machine.ts";
import type { Witness, WitnessEntry, WriteAnswer } from "./witness.ts";
import type { World } from "./world.ts";

/** What a writer leaves at the witness. */
export interface Written {
  epoch: number;
  writer: string;
  turn: number;
}

export interface SeatOptions {
  world: World;
  self: Machine;
  witness: Witness<Written>;
  enforcer: Enforcer;
  setup: FailoverSetup;
  limits: FailoverLimits;
  say(word: Word): void;
  probe(instance: string): void;
  onMoved(): void;
  onHush(service: string): void;
}

type EventWithoutTime = FailoverEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, "atMs">
    : never
  : never;

type ReadAnswer = Extract<FailoverEvent, { type: "witness-read" }>;
type WriteCommand = Extract<FailoverCommand, { type: "write-witness" }>;

const witnessDeadlineMs = 400;
const sayEveryMs = 1_000;
/** Between the core's word and the router's and supervisor's obedience, ms. */
const enforceMs = 2;

export class Seat {
  readonly #options: SeatOptions;
  #state;
  #said: Word | undefined;
  #saidAtMs = Number.NEGATIVE_INFINITY;
  #routes: readonly Route[] = [];
  #routedAtMs = Number.NEGATIVE_INFINITY;
  #requests = 0;

  constructor(options: SeatOptions) {
    this.#options = options;
    const { setup, self } = options;
    this.#state = startFailover(setup, self.platter.saved, self.clock.monoMs);
  }

  /** Goes into each beat. */
  get digest(): string {
    return digestOf(this.#state);
  }

  views(): ServiceView[] {
    return viewsOf(this.#state, this.#now, this.#options.limits);
  }

  order(order: OperatorOrder): void {
    this.#options.world.trace(() => `operator to ${this.#options.self.name}: ${JSON.stringify(order)}`);
    this.step({ type: "operator", request: String(++this.#requests), order });
  }

  step(event: EventWithoutTime): void {
    const atMs = this.#now;
    // A member of the union with its time is a member of the union.
    const { state, commands } = stepFailover(this.#state, { ...event, atMs } as FailoverEvent, this.#options.limits);
    this.#state = state;
    // Beats change votes only, which the next tick counts.
    if (event.type !== "beat-sent" && event.type !== "beat-heard") this.#settle(atMs);
    for (const command of commands) this.#do(command);
  }

  get #now(): number {
    return this.#options.self.clock.monoMs;
  }

  /** What follows from the state goes to the router at once, and to the peer when it changed or a second ago. */
  #settle(atMs: number): void {
    const { say } = this.#options;
    this.#route(atMs);
    const word = wordOf(this.#state, atMs, this.#options.limits);
    if (this.#said !== undefined && isSameWord(this.#said, word) && atMs - this.#saidAtMs < sayEveryMs) return;
    this.#said = word;
    this.#saidAtMs = atMs;
    say(word);
  }

  #route(atMs: number): void {
    const { world, self, enforcer } = this.#options;
    const routes = routesOf(this.#state, atMs, this.#options.limits);
    if (areSameRoutes(this.#routes, routes) && atMs - this.#routedAtMs < sayEveryMs) return;
    this.#routes = routes;
    this.#routedAtMs = atMs;
    // The words lie in the router's socket, whatever becomes of this hub meanwhile.
    world.after(enforceMs, () =>
      self.processes.router.deliver(() => {
        for (const { service, epoch, to, untilMs } of routes)
          enforcer.told({ service, epoch, acts: to === self.name, untilMonoMs: untilMs, route: to });
      }),
    );
  }

  #do(command: FailoverCommand): void {
    const { world, self, probe, onMoved, onHush } = this.#options;
    switch (command.type) {
      case "persist": {
        const { saved } = command;
        const persisted = self.processes.hub.bound(() => this.step({ type: "persisted", saved }));
        const apply = () => {
          self.platter.saved = saved;
        };
        self.disk.write(apply, (ok) => ok && persisted());
        break;
      }
      case "read-witness":
        this.#readWitness();
        break;
      case "write-witness":
        this.#writeWitness(command);
        break;
      case "hush": {
        const { service, epoch } = command;
        world.trace(() => `${self.name} hushes ${service} of epoch ${epoch}`);
        onHush(service);
        const quiet = self.processes.hub.bound(() => this.step({ type: "quiet", service, epoch }));
        world.after(3 * enforceMs, () => self.processes.router.deliver(quiet));
        break;
      }
      case "moved":
        world.trace(
          () =>
            `${self.name}: ${command.service} moves ${command.from} > ${command.to} in ${command.epoch}, ${command.why}`,
        );
        onMoved();
        break;
      case "given-up":
        world.trace(() => `${self.name} gives up: ${command.text}`);
        break;
      case "alert":
        world.trace(() => `${self.name}: ${command.severity} ${command.name} ${command.subject}: ${command.message}`);
        break;
      case "probe":
        probe(command.instance);
        break;
      case "answer":
        world.trace(() => `${self.name} answers the operator: ${command.ok} ${command.text}`);
        break;
    }
  }

  #readWitness(): void {
    const { witness, self } = this.#options;
    const { hub } = self.processes;
    const answer = once((keys: ReadAnswer["keys"]) => this.step({ type: "witness-read", keys }));
    const take = hub.bound((entries: Map<string, WitnessEntry<Written>>) =>
      answer(Object.fromEntries([...entries].map(([name, { value, revision }]) => [name, { ...value, revision }]))),
    );
    witness.read(self.name, take);
    hub.after(witnessDeadlineMs, () => answer("silent"));
  }

  #writeWitness({ service, epoch, writer, turn, expectedRevision }: WriteCommand): void {
    const { witness, self } = this.#options;
    const { hub } = self.processes;
    const answer = once((result: number | "conflict" | "silent") =>
      this.step({ type: "witness-written", service, epoch, turn, result }),
    );
    const take = hub.bound((written: WriteAnswer) => answer(written.written ? written.revision : "conflict"));
    witness.write(self.name, service, { epoch, writer, turn }, expectedRevision, take);
    hub.after(witnessDeadlineMs, () => answer("silent"));
  }
}

/** Later calls come too late. */
function once<T>(act: (value: T) => void): (value: T) => void {
  let isDone = false;
  return (value) => {
    if (isDone) return;
    isDone = true;
    act(value);
  };
}

/** The table is a new object whenever it changes. */
function isSameWord(a: Word, b: Word): boolean {
  const isSame = a.table === b.table && a.blank === b.blank && a.unwritten === b.unwritten;
  return isSame && a.acts.join() === b.acts.join() && JSON.stringify(a.asks) === JSON.stringify(b.asks);
}

function areSameRoutes(a: readonly Route[], b: readonly Route[]): boolean {
  return (
    a.length === b.length &&
    a.every((route, at) => {
      const other = b[at];
      return other?.service === route.service && other.epoch === route.epoch && isSameTarget(route, other);
    })
  );
}

const isSameTarget = (a: Route, b: Route) => a.to === b.to && a.untilMs === b.untilMs;
