/** How the page words ages, times, counts and lists. Times are those of the reader's clock. */

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
/** As far from 1970 as a `Date` reaches, ms. */
export const furthestMs = 8.64e15;

/** `0 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. */
export function ageText(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < minute) return `${Math.floor(whole / second)} s`;
  if (whole < hour) return pair(whole, minute, "min", second, "s");
  if (whole < day) return pair(whole, hour, "h", minute, "min");
  return pair(whole, day, "d", hour, "h");
}

/**
 * A duration as exact as it is short: `0.4 ms`, `38 ms`, `1.2 s`, `3 min 20 s`.
 * @param finest `ms` shows parts of a second, `s` whole seconds only
 */
export function durationText(ms: number, finest: "ms" | "s" = "s"): string {
  if (finest === "s" || ms >= 10 * second) return ageText(ms);
  if (ms >= second) return `${(ms / second).toFixed(1)} s`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

/** Whose clock times are told by: the reader's, or UTC where the reader's is not known. */
export type Zone = "utc" | "local";

/** `14:03:22`, with the date before it when that is not the day of `nowMs`, and `UTC` behind it in that zone. */
export function clockText(instant: string, nowMs: number, zone: Zone = "local"): string {
  const [date, time] = partsOf(new Date(instant), zone);
  const [today] = partsOf(new Date(nowMs), zone);
  const text = date === today ? time : `${date} ${time}`;
  return zone === "utc" ? `${text} UTC` : text;
}

/** `today`, `yesterday`, or the date: the day of an instant as a reader says it. */
export function dayText(instant: string, nowMs: number, zone: Zone = "local"): string {
  const [date] = partsOf(new Date(instant), zone);
  if (date === partsOf(new Date(nowMs), zone)[0]) return "today";
  return date === partsOf(new Date(nowMs - day), zone)[0] ? "yesterday" : date;
}

/** A share as a promise is told: `99.95 %`; what is not whole is never rounded up to it. */
export function shareText(share: number, digits = 2): string {
  const factor = 10 ** digits;
  return `${Math.floor(share * 100 * factor + 1e-6) / factor} %`;
}

/** A round trip to the tenth of a ms, as that is where agents differ: `0.6 ms`, `38 ms`. */
export const latencyText = (ms: number): string => durationText(ms, "ms");

/** Where a long name may break: `Streaming`, `TTS`, `Agent`. */
export const nameParts = (name: string): string[] => name.split(/(?<=[a-z\d_])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/);

/** `1 agent`, `77 agents`. */
export const countText = (count: number, noun: string, plural = `${noun}s`): string =>
  `${numberText(count)} ${count === 1 ? noun : plural}`;

/** `12 345`: groups of three, set apart by a narrow space. */
export const numberText = (value: number) => String(value).replaceAll(/\B(?=(\d{3})+$)/g, "\u202f");

/** `a`, `a and b`, `a, b and c`; of more than `most`, how many more there are is said, not shown. */
export function listText(names: readonly string[], most = 5): string {
  if (names.length < 2) return names.join("");
  if (names.length > most) return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function pair(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small);
  const first = `${Math.floor(ms / big)} ${bigName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

function partsOf(at: Date, zone: Zone): [date: string, time: string] {
  const shiftedMs = at.getTime() - (zone === "utc" ? 0 : at.getTimezoneOffset() * minute);
  // A machine may name the last moment that there is, which the reader's clock does not know.
  const shown = new Date(Math.min(furthestMs, Math.max(-furthestMs, shiftedMs)));
  const [date = "", time = ""] = shown.toISOString().split("T", 2);
  return [date, time.slice(0, 8)];
}
