/** What sits beside the detector in the judge's thread: it hears every beat, verdict and word, and has a voice of its own. */
import type { HubConfig } from "../config.ts";
import type { MachineState } from "../core/verdict.ts";
import type { Log } from "../io/log.ts";
import type { HeardBeat } from "./beat.ts";

/** All times are monotonic ms of the judge's thread. */
export interface JudgeListener {
  /** Every 50 ms. */
  tick(atMs: number): void;
  /** A verdict of a machine or of one of its parts changed. */
  judged(machine: string, state: MachineState, atMs: number): void;
  /** Whether no reference answers, so that this machine seems cut off; told when it changes. */
  isolated(cutOff: boolean, atMs: number): void;
  /** A beat of this hub is about to be sent; `counter` is what the peer will acknowledge. */
  beatSent(counter: number, atMs: number): void;
  /** A beat of the peer's hub that no path had brought before. */
  beatHeard(beat: HeardBeat, atMs: number): void;
  /** What the peer's listener says: delivered when it changed, and about once a second. */
  word(word: unknown, atMs: number): void;
  /** This thread stood still for so long beyond what is usual. */
  slept(ms: number, atMs: number): void;
  /** From the hub's main thread. */
  told(message: unknown, atMs: number): void;
  /** A file of a seed may hold another one now. */
  renewSeed(): void;
  /** After the end of its signal; resolves when it does nothing any more that a successor could meet. */
  leave(): Promise<void>;
}

/** Given to the listener's factory. */
export interface JudgeVoice {
  /** Goes into each beat from now on. */
  setDigest(digest: string): void;
  /** To the peer's listener, over TCP and NATS; the latest one wins, and is said again once a second. */
  say(word: unknown): void;
  /** Sends a beat now. */
  beat(): void;
  tellMain(message: unknown): void;
  /** Whether this hub took over from one of the same machine that acted until then. */
  succeeds: boolean;
  log: Log;
}

export type ListenerFactory = (voice: JudgeVoice, config: HubConfig, stop: AbortSignal) => JudgeListener;

/** For a hub whose services nobody moves. */
export const idleListener: ListenerFactory = () => ({
  tick: () => {},
  judged: () => {},
  isolated: () => {},
  beatSent: () => {},
  beatHeard: () => {},
  word: () => {},
  slept: () => {},
  told: () => {},
  renewSeed: () => {},
  leave: async () => {},
});
