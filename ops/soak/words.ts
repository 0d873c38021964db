/** Figures in words, as people say them. */
import { shellQuote } from "../../components/shell.ts";
import type { Growth } from "./leaks.ts";
import type { Outage } from "./slice.ts";

export const outageText = ({ stream, fromMs, toMs, open }: Outage) =>
  `${stream}: no good answer for ${((toMs - fromMs) / 1_000).toFixed(1)} s${open ? ", and none yet" : ""}`;

export function growthText({ process, kind, typical, perDay, doublesInDays }: Growth): string {
  const show = (value: number) => (kind === "fds" ? value.toFixed(1) : `${(value / 1_048_576).toFixed(1)} MiB`);
  const names = { rss: "memory", fds: "open descriptors", heap: "heap" };
  const doubling = doublesInDays === null ? "" : `, doubles in ${doublesInDays.toFixed(1)} days`;
  return `${process}, ${names[kind]}: ${show(typical)}, ${perDay < 0 ? "" : "+"}${show(perDay)} a day${doubling}`;
}

export const percent = (value: number) => `${value.toFixed(3).replace(/\.?0+$/, "")} %`;

/** @example 90_000 → "90 s", 5_400_000 → "90 min", 604_800_000 → "168 h" */
export function duration(ms: number): string {
  if (ms < 2 * 60_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 360_000) / 10} h`;
}

/** What goes on with a run, wherever it is typed. */
export const resumeCommand = (dir: string): string =>
  `tandem soak --resume ${/[^\w/.:@+-]/.test(dir) ? shellQuote(dir) : dir}`;
