/** Feeds the detectors of both machines' parts with what is heard, and says which verdicts changed. */
import type { HubConfig, MachineConfig } from "../config.ts";
import { type DetectorState, startDetector, stepDetector } from "../core/detector.ts";
import { type FlapState, flapLimits, forgetFlaps, startFlaps, stepFlaps } from "../core/flap.ts";
import type { DetectorLimits } from "../core/limits.ts";
import { type Judgement, judgeMachine, type MachineParts, type MachineState } from "../core/verdict.ts";
import { type PortAnswer, type PortTarget, watchPort } from "../io/port-watch.ts";
import { type BeatPath, beatPaths } from "./board.ts";

export interface MachineWatchOptions {
  config: HubConfig;
  /** Monotonic ms. */
  clock(): number;
  /** A verdict of a machine or of one of its parts changed. */
  onChange(machine: string, state: MachineState): void;
  /** Whether there are references and none of them answers; told when it changes. */
  onCutOff(cutOff: boolean): void;
}

/** Two questions may be lost before a port is suspected; one that refuses is dead at once. */
const portLimits: DetectorLimits = { heartbeatMs: 300, suspectAfterMs: 1_000, deadAfterMs: 2_000 };
/** Their silence is known before the peer's is called death: the sum stays below the default `deadAfterMs`. */
const referenceEveryMs = 150;
const referenceDeadlineMs = 300;
const unheard = (atMs: number): Judgement => ({ verdict: "suspect", sinceMs: atMs, reason: "not heard yet" });

/** Before anything was heard. */
export function unheardMachine(atMs: number): MachineState {
  const parts = { hub: unheard(atMs), nats: unheard(atMs), pushgateway: unheard(atMs) };
  return { judgement: unheard(atMs), parts };
}

export class MachineWatch {
  readonly #options: MachineWatchOptions;
  readonly #states = new Map<string, MachineState>();
  readonly #ports = new Map<string, DetectorState>();
  readonly #references = new Map<string, PortAnswer>();
  readonly #stops: (() => void)[] = [];
  #ownHub: Judgement;
  #peerHub: DetectorState;
  #flaps: FlapState;
  #cutOff = false;

  constructor(options: MachineWatchOptions) {
    this.#options = options;
    const { config, clock } = options;
    const now = clock();
    this.#ownHub = { verdict: "alive", sinceMs: now, reason: "" };
    this.#peerHub = startDetector(beatPaths, now, ["udp", "tcp"]);
    this.#flaps = startFlaps(this.#peerHub.judgement);
    for (const machine of [config.machine, config.peer]) {
      this.#states.set(machine.name, unheardMachine(now));
      this.#watch(machine, "nats", { ...machine.nats, kind: "nats" });
      this.#watch(machine, "pushgateway", { ...machine.pushgateway, kind: "http" });
    }
    for (const reference of config.references) {
      const key = `${reference.host}:${reference.port}`;
      const report = (answer: PortAnswer) => this.#references.set(key, answer);
      const target: PortTarget = { ...reference, kind: "tcp" };
      this.#stops.push(watchPort({ target, intervalMs: referenceEveryMs, deadlineMs: referenceDeadlineMs, report }));
    }
  }

  /** The peer's hub was heard. `old`: another path had brought that beat. `fresh`: the first of one that was started anew. */
  heard(path: BeatPath, is: { old: boolean; fresh: boolean; stuck: boolean }): void {
    const { config, clock } = this.#options;
    if (is.fresh) this.#flaps = forgetFlaps(this.#flaps);
    const event = { type: "heard", path, atMs: clock(), old: is.old, stuck: is.stuck } as const;
    this.#peerHub = stepDetector(this.#peerHub, event, config.detector);
    this.#settle(config.peer.name);
  }

  refused(path: BeatPath): void {
    const { config, clock } = this.#options;
    this.#peerHub = stepDetector(this.#peerHub, { type: "refused", path, atMs: clock() }, config.detector);
    this.#settle(config.peer.name);
  }

  /** @param stuck whether this hub's own main loop stands still */
  tick(stuck: boolean): void {
    const { config, clock, onCutOff } = this.#options;
    const atMs = clock();
    const answers = [...this.#references.values()];
    const cutOff = answers.length > 0 && answers.every((answer) => answer === "silent");
    if (cutOff !== this.#cutOff) onCutOff(cutOff);
    this.#cutOff = cutOff;
    if (stuck !== (this.#ownHub.verdict === "dead"))
      this.#ownHub = stuck
        ? { verdict: "dead", sinceMs: atMs, reason: "its main loop stands still" }
        : { verdict: "alive", sinceMs: atMs, reason: "" };
    const event = { type: "tick", atMs, references: cutOff ? "silent" : "answer" } as const;
    this.#peerHub = stepDetector(this.#peerHub, event, config.detector);
    for (const [key, state] of this.#ports) {
      // Being cut off from others says nothing about this machine's own servers.
      const own = key.startsWith(`${config.machine.name}/`);
      this.#ports.set(key, stepDetector(state, own ? { type: "tick", atMs } : event, portLimits));
    }
    this.#settle(config.machine.name);
    this.#settle(config.peer.name);
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #watch(machine: MachineConfig, part: "nats" | "pushgateway", target: PortTarget): void {
    const { clock } = this.#options;
    const key = `${machine.name}/${part}`;
    this.#ports.set(key, startDetector([part], clock(), [part]));
    const report = (answer: PortAnswer) => {
      const state = this.#ports.get(key);
      if (answer === "silent" || state === undefined) return;
      this.#ports.set(key, stepDetector(state, { type: answer, path: part, atMs: clock() }, portLimits));
      this.#settle(machine.name);
    };
    const { heartbeatMs: intervalMs, suspectAfterMs: deadlineMs } = portLimits;
    this.#stops.push(watchPort({ target, intervalMs, deadlineMs, report }));
  }

  #settle(machine: string): void {
    const { config, clock, onChange } = this.#options;
    const before = this.#states.get(machine) ?? unheardMachine(clock());
    if (machine === config.peer.name)
      this.#flaps = stepFlaps(this.#flaps, this.#peerHub.judgement, clock(), flapLimits);
    const parts: MachineParts = {
      hub: machine === config.machine.name ? this.#ownHub : this.#flaps.judgement,
      nats: this.#ports.get(`${machine}/nats`)?.judgement ?? before.parts.nats,
      pushgateway: this.#ports.get(`${machine}/pushgateway`)?.judgement ?? before.parts.pushgateway,
    };
    const judgement = judgeMachine(before.judgement, parts, clock());
    const state = { judgement, parts };
    this.#states.set(machine, state);
    const same = (["hub", "nats", "pushgateway"] as const).every(
      (part) => before.parts[part].verdict === parts[part].verdict,
    );
    if (!same || before.judgement.verdict !== judgement.verdict) onChange(machine, state);
  }
}
