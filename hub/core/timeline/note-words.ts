/** The words of notes that are read again, here and on the page: what moved where, and when a maintenance or a silence ends. */

export interface Moved {
  from: string;
  to: string;
  epoch: number;
}

/** @example "from mainpc to pc2, epoch 3: mainpc is dead" */
export const moveText = ({ from, to, epoch, why }: Moved & { why: string }): string =>
  `from ${from} to ${to}, epoch ${epoch}${why && `: ${why}`}`;

/** Undefined for words that tell of no move, such as those of an order. */
export function moveOf(text: string): Moved | undefined {
  const [, from, to, epoch] = /^from (\S+) to (\S+), epoch (\d+)(?![^:,\s])/.exec(text) ?? [];
  return from === undefined || to === undefined ? undefined : { from, to, epoch: Number(epoch) };
}

/** @example "a new disk, until 2026-05-12 14:33Z (ann)" */
export const maintenanceText = ({ reason, until, by }: { reason: string; until: string; by: string }): string =>
  `${reason}, until ${minute(until)} (${by})`;

/** When it ends of which the begin is told; of a maintenance the words tell the minute, of a silence the instant. @example "2026-05-12T14:33Z" */
export function untilOf(text: string): string | undefined {
  const [, day, time] = /^.*, until (\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z) \(/s.exec(text) ?? [];
  return day && `${day}T${time}`;
}

/** @example "2026-05-12 14:33Z" */
const minute = (instant: string) => `${instant.slice(0, 16).replace("T", " ")}Z`;
