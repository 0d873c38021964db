/** Feeds the detectors of both machines' parts with what is heard, and says which verdicts changed. */
import type { HubConfig, MachineConfig } from "../config.ts";
import { type DetectorState, startDetector, stepDetector } from "../core/detector.ts";
import type { DetectorLimits } from "../core/limits.ts";
import { type Judgement, judgeMachine, type MachineParts, type MachineState } from "../core/verdict.ts";
import type { HeartbeatRoute } from "./heartbeat-receiver.ts";
import { type PortAnswer, type PortTarget, watchPort } from "./port-watch.ts";

export interface MachineWatchOptions {
  config: HubConfig;
  /** Monotonic ms. */
  clock(): number;
  /** A verdict of this machine or of one of its parts changed. */
  onChange(machine: string, state: MachineState, before: MachineState): void;
}

const tickMs = 50;
/** Two questions may be lost before a port is suspected; one that refuses is dead after two. */
const portLimits: DetectorLimits = { heartbeatMs: 300, suspectAfterMs: 1_000, deadAfterMs: 2_000 };
/** Their silence is known before the peer's is called death: the sum stays below the default `deadAfterMs`. */
const referenceEveryMs = 200;
const referenceDeadlineMs = 400;
const unheard = (atMs: number): Judgement => ({ verdict: "suspect", sinceMs: atMs, reason: "not heard yet" });

export class MachineWatch {
  readonly #options: MachineWatchOptions;
  readonly #states = new Map<string, MachineState>();
  readonly #ports = new Map<string, DetectorState>();
  readonly #references = new Map<string, PortAnswer>();
  readonly #stops: (() => void)[] = [];
  readonly #startedAtMs: number;
  #peerHub: DetectorState;

  constructor(options: MachineWatchOptions) {
    this.#options = options;
    const { config, clock } = options;
    const now = clock();
    this.#startedAtMs = now;
    this.#peerHub = startDetector(["nats", "http"], now);
    for (const machine of [config.machine, config.peer]) {
      const parts = { hub: unheard(now), nats: unheard(now), pushgateway: unheard(now) };
      this.#states.set(machine.name, { judgement: unheard(now), parts });
      this.#watch(machine, "nats", { ...machine.nats, kind: "nats" });
      this.#watch(machine, "pushgateway", { ...machine.pushgateway, kind: "http" });
    }
    for (const reference of config.references) {
      const key = `${reference.host}:${reference.port}`;
      const report = (answer: PortAnswer) => this.#references.set(key, answer);
      const target: PortTarget = { ...reference, kind: "tcp" };
      this.#stops.push(watchPort({ target, intervalMs: referenceEveryMs, deadlineMs: referenceDeadlineMs, report }));
    }
    const timer = setInterval(() => this.#tick(), tickMs);
    this.#stops.push(() => clearInterval(timer));
  }

  state(machine: string): MachineState {
    const state = this.#states.get(machine);
    if (state === undefined) throw new Error(`no machine ${machine}`);
    return state;
  }

  heard(route: HeartbeatRoute): void {
    const event = { type: "heard", path: route, atMs: this.#options.clock() } as const;
    this.#peerHub = stepDetector(this.#peerHub, event, this.#options.config.detector);
    this.#settle(this.#options.config.peer.name);
  }

  refused(): void {
    const event = { type: "refused", path: "http", atMs: this.#options.clock() } as const;
    this.#peerHub = stepDetector(this.#peerHub, event, this.#options.config.detector);
    this.#settle(this.#options.config.peer.name);
  }

  /** Age of the last heartbeat by this route, ms; null before the first. */
  heardAgoMs(route: HeartbeatRoute): number | null {
    const heardAtMs = this.#peerHub.paths[route]?.heardAtMs;
    return heardAtMs === undefined ? null : this.#options.clock() - heardAtMs;
  }

  /** Whether there are reference addresses and none of them answers. */
  get isCutOff(): boolean {
    const answers = [...this.#references.values()];
    return answers.length > 0 && answers.every((answer) => answer === "silent");
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #watch(machine: MachineConfig, part: "nats" | "pushgateway", target: PortTarget): void {
    const key = `${machine.name}/${part}`;
    this.#ports.set(key, startDetector([part], this.#options.clock()));
    const report = (answer: PortAnswer) => {
      const atMs = this.#options.clock();
      if (answer === "silent") return;
      this.#stepPort(key, (state) => stepDetector(state, { type: answer, path: part, atMs }, portLimits));
      this.#settle(machine.name);
    };
    const { heartbeatMs: intervalMs, suspectAfterMs: deadlineMs } = portLimits;
    this.#stops.push(watchPort({ target, intervalMs, deadlineMs, report }));
  }

  #stepPort(key: string, step: (state: DetectorState) => DetectorState): void {
    const state = this.#ports.get(key);
    if (state !== undefined) this.#ports.set(key, step(state));
  }

  #tick(): void {
    const atMs = this.#options.clock();
    const { config } = this.#options;
    const event = { type: "tick", atMs, references: this.isCutOff ? "silent" : "answer" } as const;
    this.#peerHub = stepDetector(this.#peerHub, event, config.detector);
    for (const key of this.#ports.keys()) {
      // Being cut off from others says nothing about this machine's own servers.
      const own = key.startsWith(`${config.machine.name}/`);
      const tick = own ? ({ type: "tick", atMs } as const) : event;
      this.#stepPort(key, (state) => stepDetector(state, tick, portLimits));
    }
    this.#settle(config.machine.name);
    this.#settle(config.peer.name);
  }

  #settle(machine: string): void {
    const before = this.state(machine);
    const self = machine === this.#options.config.machine.name;
    const parts: MachineParts = {
      hub: self ? { verdict: "alive", sinceMs: this.#startedAtMs, reason: "" } : this.#peerHub.judgement,
      nats: this.#ports.get(`${machine}/nats`)?.judgement ?? before.parts.nats,
      pushgateway: this.#ports.get(`${machine}/pushgateway`)?.judgement ?? before.parts.pushgateway,
    };
    const judgement = judgeMachine(before.judgement, parts, this.#options.clock());
    const state = { judgement, parts };
    this.#states.set(machine, state);
    const same = (["hub", "nats", "pushgateway"] as const).every(
      (part) => before.parts[part].verdict === parts[part].verdict,
    );
    if (!same || before.judgement.verdict !== judgement.verdict) this.#options.onChange(machine, state, before);
  }
}
