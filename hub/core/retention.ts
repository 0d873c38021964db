/** Decides which of a stream's records may go: only those whose effect both machines have in a snapshot, and the oldest first. */
import { type Account, type Cover, isUpTo } from "./account.ts";
import type { RecordPosition } from "./record.ts";
import type { PurgeMark } from "./snapshot.ts";

/** A stream as its server sees it. */
export interface StreamFill {
  bytes: number;
  maxBytes: number;
  messages: number;
  firstSeq: number;
  lastSeq: number;
}

export interface RetentionView {
  nowMs: number;
  /** When the stream was made; marks of one that stood here before say nothing of this one. */
  created: string;
  /** Older records go, ms. */
  maxAgeMs: number;
  fill: StreamFill;
  /** What the peer's snapshot covers; undefined when that is not known. */
  peer: Cover | undefined;
  /** Records of the origin up to a position, as this machine holds them. */
  heldUpTo(position: RecordPosition): Pick<Account, "count" | "digest">;
}

/** A fuller stream loses records before their age. */
const fullFraction = 0.8;
/** What is then left. */
const leftFraction = 0.6;
/** Places that are remembered within `maxAgeMs`: purging comes in as many steps. */
const steps = 96;

export const isNearlyFull = ({ bytes, maxBytes }: StreamFill) => bytes > maxBytes * fullFraction;

/** Sequence up to which a mark lets go. The last message stays, since copiers and starts find their place by it. */
export const purgeSeq = ({ streamSeq }: PurgeMark, { lastSeq }: StreamFill) => Math.min(streamSeq, lastSeq - 1);

/** @returns the mark up to which the stream is to be purged; undefined when nothing may or need go */
export function purgeTarget(marks: readonly PurgeMark[], view: RetentionView): PurgeMark | undefined {
  const { nowMs, created, maxAgeMs, fill, peer, heldUpTo } = view;
  if (peer === undefined) return undefined;
  const held = heldUpTo(peer.position);
  if (held.count !== peer.count || held.digest !== peer.digest) return undefined;
  const safe = marks.filter(
    (mark) => mark.created === created && isUpTo(mark, peer) && purgeSeq(mark, fill) >= fill.firstSeq,
  );
  const due = safe.filter(({ atMs }) => atMs <= nowMs - maxAgeMs);
  if (!isNearlyFull(fill)) return due.at(-1);
  const surplus = fill.messages * (1 - (leftFraction * fill.maxBytes) / fill.bytes);
  const oldest = safe.filter(({ streamSeq }) => streamSeq <= fill.firstSeq + surplus);
  return [...due, ...oldest].reduce<PurgeMark | undefined>(
    (furthest, mark) => (furthest === undefined || mark.streamSeq > furthest.streamSeq ? mark : furthest),
    safe[0],
  );
}

/** The marks with one more, thinned so that their number is bounded; the newest is always kept. */
export function withMark(marks: readonly PurgeMark[], mark: PurgeMark, maxAgeMs: number): PurgeMark[] {
  const last = marks.at(-1);
  if (last !== undefined && last.created !== mark.created) return [mark];
  if (last !== undefined && last.streamSeq >= mark.streamSeq) return [...marks];
  const beforeLast = marks.at(-2);
  const crowded = last !== undefined && beforeLast !== undefined && last.atMs - beforeLast.atMs < maxAgeMs / steps;
  return [...(crowded ? marks.slice(0, -1) : marks), mark].slice(-2 * steps);
}
