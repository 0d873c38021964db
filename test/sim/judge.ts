/**
 * The judge of a hub: beats go out on three paths, what comes in is judged by the hub's own detector, and what the verdicts
 * amount to is told to the failover beside it.
 */
import { type Echo, isOfLate } from "../../hub/core/beat-filter.ts";
import { type DetectorState, startDetector, stepDetector } from "../../hub/core/detector.ts";
import type { DetectorLimits } from "../../hub/core/limits.ts";
import { type Judgement, judgeMachine, type Verdict } from "../../hub/core/verdict.ts";
import { type Ack, type Beat, beatMs, Hearing, pathsOf } from "./hearing.ts";
import type { Machine } from "./machine.ts";
import type { Network, Path } from "./network.ts";
import type { World } from "./world.ts";

export interface JudgeOptions {
  world: World;
  network: Network;
  self: Machine;
  peer: Machine;
  incarnation: string;
  /** A bug put in on purpose: only datagrams are listened to. */
  trustsOnePath: boolean;
  digest(): string;
  onBeatSent(counter: number): void;
  onBeatHeard(beat: Beat): void;
  /** One of the two is another than before. */
  onVerdict(hub: Verdict, machine: Verdict): void;
  onIsolated(cutOff: boolean): void;
  onSlept(ms: number): void;
  onTick(): void;
  /** What the peer's hub process does with it, when it lives. */
  atPeer(arrive: (judge: Judge) => void): void;
}

const askEveryMs = 300;
const portLimits: DetectorLimits = { heartbeatMs: askEveryMs, suspectAfterMs: 1_000, deadAfterMs: 2_000 };
const ports = ["nats", "pushgateway"] as const;
/** A question to the references that stays without an answer for so long. */
const referenceDeadlineMs = 400;
/** Stands for the addresses that a site names as references. */
export const gatewayName = "gateway";

export class Judge {
  readonly #options: JudgeOptions;
  readonly #hearing: Hearing;
  readonly #ports: Record<(typeof ports)[number], DetectorState>;
  #machine: Judgement;
  #told = "";
  #counter = 0;
  #ack: Ack | undefined;
  #echo: Echo | undefined;
  #tickedAtMs: number;
  #cutSinceMs: number | undefined;
  #cutOff = false;
  /** When the newest beat that the peer sent in answer to ours came, by whatever path: what verdicts are checked against. */
  arrivedAtMs = Number.NEGATIVE_INFINITY;
  #newest = { incarnation: "", counter: 0 };
  natsHeardAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: JudgeOptions) {
    this.#options = options;
    const now = options.self.clock.monoMs;
    this.#hearing = new Hearing(options.incarnation, now, options.trustsOnePath);
    this.#ports = {
      nats: startDetector(["nats"], now, ["nats"]),
      pushgateway: startDetector(["pushgateway"], now, ["pushgateway"]),
    };
    this.#machine = { verdict: "suspect", sinceMs: now, reason: "not heard yet" };
    this.#tickedAtMs = now;
    const { hub } = options.self.processes;
    hub.every(beatMs, () => this.#tick());
    hub.every(askEveryMs, () => {
      for (const port of ports) this.#ask(port);
    });
  }

  get hub(): Verdict {
    return this.#hearing.judgement.verdict;
  }

  /** Of the peer's hub, as its beats were taken last. */
  get peerIncarnation(): string {
    return this.#hearing.incarnation;
  }

  get isNatsHeard(): boolean {
    return this.#now - this.natsHeardAtMs < 1_000;
  }

  /** @param isOfTheLiving whether the hub that sent it lives still */
  arrived(path: Path, beat: Beat, isOfTheLiving: boolean): void {
    const atMs = this.#now;
    if (isOfTheLiving) this.#note(beat, atMs);
    if (path === "nats") this.natsHeardAtMs = atMs;
    const news = this.#hearing.heard(path, beat, atMs, this.#counter);
    this.#echo = { incarnation: beat.incarnation, counter: beat.counter };
    this.#settle(atMs);
    if (!news) return;
    this.#ack = { incarnation: beat.incarnation, counter: beat.counter, digest: beat.digest };
    this.#options.onBeatHeard(beat);
  }

  /** A stream may bring late what another path had brought in time: that proves no life. */
  #note({ incarnation, counter, echo }: Beat, atMs: number): void {
    const own = this.#options.incarnation;
    const isKnown = incarnation === this.peerIncarnation && echo?.incarnation === own;
    if (!isKnown && !isOfLate(echo, own, this.#counter)) return;
    if (incarnation === this.#newest.incarnation && counter <= this.#newest.counter) return;
    this.#newest = { incarnation, counter };
    this.arrivedAtMs = atMs;
  }

  refused(path: Path): void {
    const atMs = this.#now;
    this.#hearing.refused(path, atMs);
    this.#settle(atMs);
  }

  beat(): void {
    const { network, self, peer, incarnation, digest, onBeatSent, atPeer } = this.#options;
    const counter = ++this.#counter;
    onBeatSent(counter);
    const beat: Beat = { incarnation, counter, digest: digest(), echo: this.#echo, ack: this.#ack };
    const { hub } = self.processes;
    const { life } = hub;
    for (const path of pathsOf(counter)) {
      network.send(self.name, peer.name, path, () => {
        if (path !== "nats" && peer.isUp && peer.processes.hub.isDead) this.#refuse(path);
        else atPeer((judge) => judge.arrived(path, beat, hub.life === life));
      });
    }
  }

  get #now(): number {
    return this.#options.self.clock.monoMs;
  }

  /** The kernel over there says that nobody listens. */
  #refuse(path: Path): void {
    const { network, self, peer } = this.#options;
    const refused = self.processes.hub.bound(() => this.refused(path));
    network.send(peer.name, self.name, path, refused);
  }

  #tick(): void {
    const atMs = this.#now;
    const sleptMs = atMs - this.#tickedAtMs - 2 * beatMs;
    this.#tickedAtMs = atMs;
    if (sleptMs > 0) this.#options.onSlept(sleptMs);
    this.#lookOutside(atMs);
    const references = this.#cutOff ? "silent" : "answer";
    this.#hearing.tick(atMs, references);
    for (const port of ports)
      this.#ports[port] = stepDetector(this.#ports[port], { type: "tick", atMs, references }, portLimits);
    this.#settle(atMs);
    this.#options.onTick();
    this.beat();
  }

  #lookOutside(atMs: number): void {
    const { network, self } = this.#options;
    const isCut = network.wire(self.name, gatewayName).isCut;
    this.#cutSinceMs = isCut ? (this.#cutSinceMs ?? atMs) : undefined;
    const cutOff = this.#cutSinceMs !== undefined && atMs - this.#cutSinceMs >= referenceDeadlineMs;
    if (cutOff === this.#cutOff) return;
    this.#cutOff = cutOff;
    this.#options.onIsolated(cutOff);
  }

  #ask(port: (typeof ports)[number]): void {
    const { network, self, peer } = this.#options;
    const answer = (type: "heard" | "refused") => {
      const take = self.processes.hub.bound(() => {
        const atMs = this.#now;
        this.#ports[port] = stepDetector(this.#ports[port], { type, path: port, atMs }, portLimits);
        this.#settle(atMs);
      });
      network.send(peer.name, self.name, "ask", take);
    };
    network.send(self.name, peer.name, "ask", () => {
      if (!peer.isUp) return;
      const process = peer.processes[port];
      if (process.isRunning) answer("heard");
      else if (process.isDead) answer("refused");
    });
  }

  #settle(atMs: number): void {
    const hub = this.#hearing.judgement;
    const parts = { hub, nats: this.#ports.nats.judgement, pushgateway: this.#ports.pushgateway.judgement };
    this.#machine = judgeMachine(this.#machine, parts, atMs);
    const told = `${hub.verdict} ${this.#machine.verdict}`;
    if (told === this.#told) return;
    this.#told = told;
    const { world, self } = this.#options;
    world.trace(() => `${self.name} judges the peer's hub ${hub.verdict}, its machine ${this.#machine.verdict}`);
    this.#options.onVerdict(hub.verdict, this.#machine.verdict);
  }
}
