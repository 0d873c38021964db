/** What one hub makes of the beats of the other: the hub's own filter, detector and damping, one after the other. */
import { BeatFilter, type Echo } from "../../hub/core/beat-filter.ts";
import { type DetectorState, startDetector, stepDetector } from "../../hub/core/detector.ts";
import { type FlapState, flapLimits, startFlaps, stepFlaps } from "../../hub/core/flap.ts";
import { DetectorLimits } from "../../hub/core/limits.ts";
import type { Judgement } from "../../hub/core/verdict.ts";
import type { Path } from "./network.ts";

/** Which beat of which hub it is, and with which table. */
export interface Ack {
  incarnation: string;
  counter: number;
  digest: string;
}

export interface Beat extends Ack {
  /** Of the other side, as the sender heard it last. */
  echo: Echo | undefined;
  ack: Ack | undefined;
}

export const beatMs = 50;
/** Beats go by UDP; every second one also by the others. */
export const beatPaths = ["udp", "tcp", "nats"] as const;
export const pathsOf = (counter: number) => (counter % 2 === 0 ? beatPaths : (["udp"] as const));

const limits = DetectorLimits.parse({});

export class Hearing {
  readonly #filter: BeatFilter;
  #detector: DetectorState;
  #flaps: FlapState;
  /** A bug put in on purpose: only datagrams are listened to. */
  readonly #trustsOnePath: boolean;

  constructor(incarnation: string, atMs: number, trustsOnePath: boolean) {
    this.#filter = new BeatFilter(incarnation);
    this.#detector = startDetector(trustsOnePath ? ["udp"] : beatPaths, atMs, ["udp", "tcp"]);
    this.#flaps = startFlaps(this.#detector.judgement);
    this.#trustsOnePath = trustsOnePath;
  }

  /** Of the peer, as last taken; empty before the first. */
  get incarnation(): string {
    return this.#filter.incarnation;
  }

  get judgement(): Judgement {
    return this.#flaps.judgement;
  }

  /** @returns whether no path had brought it before */
  heard(path: Path, beat: Beat, atMs: number, sent: number): boolean {
    if (this.#trustsOnePath && path !== "udp") return false;
    const news = this.#filter.isNews(beat, atMs, sent);
    this.#detector = stepDetector(this.#detector, { type: "heard", path, atMs, old: !news }, limits);
    this.#settle(atMs);
    return news;
  }

  refused(path: Path, atMs: number): void {
    if (this.#trustsOnePath && path !== "udp") return;
    this.#detector = stepDetector(this.#detector, { type: "refused", path, atMs }, limits);
    this.#settle(atMs);
  }

  tick(atMs: number, references: "answer" | "silent"): void {
    this.#detector = stepDetector(this.#detector, { type: "tick", atMs, references }, limits);
    this.#settle(atMs);
  }

  #settle(atMs: number): void {
    this.#flaps = stepFlaps(this.#flaps, this.#detector.judgement, atMs, flapLimits);
  }
}
