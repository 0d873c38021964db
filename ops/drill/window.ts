/** A time of day in which a drill may begin faults. Pure. */

export interface Window {
  /** As it was given. */
  text: string;
  /** Minutes since midnight. */
  from: number;
  /** Likewise; one that is not later than `from` is on the next day. */
  to: number;
}

export function parseWindow(text: string): Window | undefined {
  const [, ...numbers] = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  const [fromHour = 99, fromMinute = 99, toHour = 99, toMinute = 99] = numbers.map(Number);
  if (Math.max(fromHour, toHour) > 23 || Math.max(fromMinute, toMinute) > 59) return undefined;
  return { text, from: fromHour * 60 + fromMinute, to: toHour * 60 + toMinute };
}

/** @param minute since midnight */
export function isInWindow({ from, to }: Window, minute: number): boolean {
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}
