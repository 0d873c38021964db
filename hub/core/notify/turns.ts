/** Whose turn it is to tell a notice to a channel, so that one hub tells it while they hear each other and both try otherwise. */

/** The other hub, as this one sees it. */
export interface PeerSight {
  /** For how long the two have not heard each other; undefined while they do, or this hub has only just started. */
  cutForMs: number | undefined;
  /** Channels that it has, by its last word; none when its version knows of none. */
  channels: readonly string[];
  /** Monotonic ms of its last word on what was told; undefined before the first. */
  saidAtMs: number | undefined;
}

export interface TurnQuestion {
  self: string;
  /** Of the notice: machine whose hub stored the record; empty when that is not known any more. */
  origin: string;
  /** Both machines' names, in the order in which they go first where the origin is not known. */
  machines: readonly [string, string];
  channel: string;
  dueMs: number;
  nowMs: number;
  /** Monotonic ms at which this hub learned of it; undefined when it has just made it itself, so that nobody can have told it. */
  learnedAtMs: number | undefined;
  clockMs: number;
  peer: PeerSight;
}

/** An attempt begins early enough in a turn to be over, and known to the peer, before the turn is. */
export const turnMs = 30_000;
export const beginWithinMs = 18_000;
export const attemptMs = 8_000;
/** An end that the peer has stored waits for so long here: the hub that raised it says so again where it still sees it. */
export const contradictMs = 15_000;
/** Silence for so long is a peer that tells nothing; a shorter one may be a hub that is being replaced. */
export const graceMs = 2_000;

export function mayBegin(question: TurnQuestion): boolean {
  const { self, origin, machines, channel, dueMs, nowMs, learnedAtMs, clockMs, peer } = question;
  const first = machines.includes(origin) ? origin : machines[0];
  if (peer.cutForMs !== undefined) return first === self || peer.cutForMs >= graceMs;
  // What the peer told before this hub knew of it is in the peer's next word. One that never comes is not waited for long.
  const heard = learnedAtMs === undefined || (peer.saidAtMs !== undefined && peer.saidAtMs > learnedAtMs);
  if (!heard && clockMs - learnedAtMs < turnMs) return false;
  if (!peer.channels.includes(channel)) return true;
  const forMs = Math.max(0, nowMs - dueMs);
  const isFirsts = Math.floor(forMs / turnMs) % 2 === 0;
  return isFirsts === (first === self) && forMs % turnMs < beginWithinMs;
}
