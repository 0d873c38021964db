/** A deadline for one probe, which gives time back in which this process itself stood still. */

export interface Deadline {
  /** Resolves when the time is over, never rejects; stays open after `clear`. */
  expired: Promise<void>;
  clear(): void;
}

/** A timer that fires this late tells of a stall, ms; less is what any busy loop has. */
const stallMs = 20;

/**
 * After a stall answers may lie unread in the sockets, and calling their senders silent would be this process's own
 * fault: the lost time is given back once, at most `ms` of it. Over after 2 × `ms` and the stall at the latest.
 */
export function startDeadline(ms: number, clock: () => number): Deadline {
  const dueMs = clock() + ms;
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      const lateMs = clock() - dueMs;
      if (lateMs < stallMs) resolve();
      else timer = setTimeout(resolve, Math.min(lateMs, ms));
    }, ms);
  });
  return { expired, clear: () => clearTimeout(timer) };
}
