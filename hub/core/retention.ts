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
/** Places that are remembered: purging comes in as many steps. */
const mostMarks = 96;

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

/** Marks that may still let something go, and the newest, behind which the next one has to lie. */
export const usefulMarks = (marks: readonly PurgeMark[], fill: StreamFill): PurgeMark[] =>
  marks.filter((mark, i) => i === marks.length - 1 || purgeSeq(mark, fill) >= fill.firstSeq);

/**
 * The marks with one more; oldest and newest are always kept. Beyond their number those go whose neighbours stay closest together,
 * in time and in messages: a stream that fills within minutes is purged in as fine steps as one that keeps its records for a day.
 */
export function withMark(marks: readonly PurgeMark[], mark: PurgeMark, maxAgeMs: number): PurgeMark[] {
  const last = marks.at(-1);
  if (last !== undefined && last.created !== mark.created) return [mark];
  if (last !== undefined && last.streamSeq >= mark.streamSeq) return [...marks];
  const kept = [...marks, mark];
  while (kept.length > mostMarks) kept.splice(mostCrowded(kept, maxAgeMs), 1);
  return kept;
}

/** @returns index of the mark without which the widest step that it lies in grows least */
function mostCrowded(marks: readonly PurgeMark[], maxAgeMs: number): number {
  const messages = (marks.at(-1)?.streamSeq ?? 0) - (marks[0]?.streamSeq ?? 0);
  let [at, least] = [1, Number.POSITIVE_INFINITY];
  for (let i = 1; i < marks.length - 1; i++) {
    const [before, after] = [marks[i - 1], marks[i + 1]];
    if (before === undefined || after === undefined) continue;
    const step = Math.max((after.atMs - before.atMs) / maxAgeMs, (after.streamSeq - before.streamSeq) / messages);
    if (step < least) [at, least] = [i, step];
  }
  return at;
}
