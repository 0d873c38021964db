/** Which of the two hubs sends a request: the fleet's series are the same on both while they are linked, and one of them is enough. */
import { z } from "zod";
import { WallMs } from "../hlc.ts";
import type { RequestKind, Span } from "./backlog.ts";

/** What a hub says to its peer: by target, the last instants in a row of which it has sent all that both know; null before the first. */
export const RemoteWriteWord = z
  .record(z.string().max(40), z.object({ fromMs: WallMs, upToMs: WallMs }).nullable())
  .refine((word) => Object.keys(word).length <= 10, "at most 10 targets");
export type RemoteWriteWord = z.infer<typeof RemoteWriteWord>;

export interface TurnQuestion {
  request: {
    /** A shared one holds nothing that the peer's of the same instant does not: the fleet, as it was known while both were in sync. */
    kind: RequestKind;
    /** Instant of its samples, wall ms. */
    atMs: number;
  };
  /** This hub sends where both can. */
  isFirst: boolean;
  peer: {
    /** Its hub lives, as far as this one can see. */
    linked: boolean;
    /** Of its last word, however old: what is there stays there. Undefined where it has said nothing of the target. */
    sent: Span | undefined;
  };
  nowMs: number;
  everyMs: number;
}

/** `leave`: the target has it from the peer. `wait`: it is the peer's turn, and it is not late yet. */
export type Turn = "send" | "leave" | "wait";

/** By this much a target may be behind at the peer's hands before this hub takes over, beside two samplings. */
const patienceMs = 10_000;

export function turnOf({ request, isFirst, peer, nowMs, everyMs }: TurnQuestion): Turn {
  if (request.kind !== "shared") return "send";
  const { linked, sent } = peer;
  // What it has not sampled it never sends.
  if (sent === undefined || request.atMs < sent.fromMs) return "send";
  if (request.atMs <= sent.upToMs) return "leave";
  if (isFirst || !linked) return "send";
  return nowMs - sent.upToMs > 2 * everyMs + patienceMs ? "send" : "wait";
}

/**
 * Whether what was sent of the fleet under this hub's name still stands at a target: what is left to the peer from some instant
 * on has to be ended there, or stores would show its last values beside the peer's for minutes. Mutable.
 */
export class Voice {
  /** An earlier process may have spoken. */
  #speaks = true;
  #spokenMs = Number.NEGATIVE_INFINITY;
  #endMs: number | undefined;

  spoke(request: { kind: RequestKind; atMs: number }): void {
    if (request.kind === "own") return;
    [this.#speaks, this.#spokenMs, this.#endMs] = [true, request.atMs, undefined];
  }

  /** Whether the series of a request that is left are to be ended: all of the first instant of which nothing was sent. */
  ends(request: { atMs: number }): boolean {
    if (this.#speaks && request.atMs > this.#spokenMs) [this.#speaks, this.#endMs] = [false, request.atMs];
    return request.atMs === this.#endMs;
  }
}
