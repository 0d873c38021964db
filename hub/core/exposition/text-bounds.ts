/** What a text that is pushed may hold, beyond which the rest of it is not even read. */
import type { PushLimits } from "../push-limits.ts";

export type BoundName =
  | "seriesPerPush"
  | "familiesPerPush"
  | "labelsPerSeries"
  | "labelNameCharacters"
  | "labelValueCharacters"
  | "metricNameCharacters"
  | "helpCharacters";

export interface TextBounds extends Pick<PushLimits, BoundName> {
  /** Lines that begin with #; each costs as much as a series. */
  commentsPerPush: number;
}

/** Of what is stored, which has to be read whatever it holds. */
export const unbounded: TextBounds = {
  seriesPerPush: Number.POSITIVE_INFINITY,
  familiesPerPush: Number.POSITIVE_INFINITY,
  commentsPerPush: Number.POSITIVE_INFINITY,
  labelsPerSeries: Number.POSITIVE_INFINITY,
  labelNameCharacters: Number.POSITIVE_INFINITY,
  labelValueCharacters: Number.POSITIVE_INFINITY,
  metricNameCharacters: Number.POSITIVE_INFINITY,
  helpCharacters: Number.POSITIVE_INFINITY,
};

/** HELP and TYPE of each name, and as many lines besides as there may be series. */
export const boundsOf = (limits: PushLimits): PushLimits & TextBounds => ({
  ...limits,
  commentsPerPush: limits.seriesPerPush + 2 * limits.familiesPerPush,
});

/** @param what that which is too long or has too many; nothing for the push itself */
export function whyOver(limit: BoundName, most: number, what: string): string {
  const key = `(limits.${limit})`;
  if (limit === "seriesPerPush") return `it has more than ${most} series ${key}; ${splitIt}`;
  if (limit === "familiesPerPush") return `it has more than ${most} metric names ${key}; ${splitIt}`;
  const named = what.length > 60 ? `${what.slice(0, 60)}…` : what;
  const unit = limit === "labelsPerSeries" ? "labels" : "characters";
  return `${named} has more than ${most} ${unit} ${key}`;
}

export const splitIt = "split it by metric names with POST";
