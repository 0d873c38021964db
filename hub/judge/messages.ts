/** What the hub's main thread and its judge's thread tell each other. */
import type { HubConfig } from "../config.ts";
import type { MachineState } from "../core/verdict.ts";

/** Given to the thread at its start. */
export interface JudgeOrders {
  /** Tells the judge's thread from any other one. */
  thread: typeof judgeThread;
  config: HubConfig;
  incarnation: string;
  board: SharedArrayBuffer;
}

export const judgeThread = "tandem-judge";

export type ToJudge =
  /** Beats are to be heard, though nothing is made of them and none is sent. */
  | { type: "prepare" }
  /** The thread is ready, and waits for it. */
  | { type: "start"; succeeds: boolean }
  | { type: "renew-seed" }
  | { type: "stop" }
  | { type: "leave" }
  | { type: "listener"; message: unknown };

/** Times are those of `monoMs`. */
export type FromJudge =
  /** After `prepare`. */
  | { type: "prepared" }
  | { type: "listening" }
  /** At first, and whenever one of them changed: what the main thread seals with, too. */
  | { type: "keys"; sealing: readonly Uint8Array[]; peer: Uint8Array | undefined }
  /** Neither beats nor verdicts: the hub is not to start. */
  | { type: "unable"; reason: string }
  | { type: "judged"; machine: string; state: MachineState }
  /** Messages that had not the peer's seal, since it was said last. */
  | { type: "refused"; messages: number }
  /** That the thread's log left out, since it was said last. */
  | { type: "suppressed"; lines: number }
  | { type: "cut-off"; cutOff: boolean }
  /** After `leave`: a successor may judge from now on. */
  | { type: "left" }
  | { type: "listener"; message: unknown };
