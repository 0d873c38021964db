/**
 * Decides which groups have expired, and which hub says so. What it says is a DELETE of all that was pushed up to the
 * newest write that it knows: whatever was pushed later, to either hub, stays, also when this hub has not heard of it.
 */
import type { Group } from "../group-path.ts";
import type { Candidate } from "./fold.ts";
import type { Stamp } from "./group-state.ts";

export interface ExpiringGroup {
  group: Group;
  /** The newest PUT or POST. */
  written: Stamp;
  /** How long the group lives after that, ms. */
  afterMs: number;
}

export interface ExpiryView {
  /** Machine of this hub. */
  machine: string;
  /** Wall time, ms, as the stamps of writes have it. */
  nowMs: number;
  /** Since when the peer's hub is dead, ms; undefined while it is not. */
  peerDeadForMs: number | undefined;
}

/** So long a dead hub may take to come back and say itself what of its groups has expired, ms. */
export const standInAfterMs = 10_000;

/** The DELETEs that this hub has to append now; the same again at each call until they are folded. */
export function* expiredGroups(
  groups: Iterable<ExpiringGroup>,
  { machine, nowMs, peerDeadForMs = 0 }: ExpiryView,
): Iterable<Candidate> {
  for (const { group, written, afterMs } of groups) {
    if (nowMs < written.at.wallMs + afterMs) continue;
    // The hub that took the newest write says so; when both do, as in a partition, the second one has no effect.
    if (written.machine !== machine && peerDeadForMs < standInAfterMs) continue;
    yield { kind: "push", op: "delete", group, body: "", upTo: { at: written.at, machine: written.machine } };
  }
}
