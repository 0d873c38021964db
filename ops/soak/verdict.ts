/** What is said of a run: pass, fail or incomplete, a line for each bar, and each breach. */
import type { BarName, Bars } from "./bars.ts";
import type { Figures } from "./figures.ts";
import type { Growth } from "./leaks.ts";
import type { Outage, Slice, SoakEvent } from "./slice.ts";

export interface Breach {
  bar: BarName;
  /** In words, with the figure and the bar. */
  what: string;
  /** Null of what has no single moment. */
  atMs: number | null;
  cause: string;
}

export interface Line {
  bar: BarName;
  what: string;
  /** With its unit; "not measured" where nothing told it. */
  figure: string;
  limit: string;
  /** Null: not judged. */
  holds: boolean | null;
}

export interface Verdict {
  verdict: "pass" | "fail" | "incomplete";
  askedMs: number;
  observedMs: number;
  /** Between the first slice and the last, ms. */
  notObservedMs: number;
  /** Why it is incomplete; empty when it is not. */
  incomplete: string[];
  lines: Line[];
  breaches: Breach[];
  /** Of the failed requests that the bar allows, the part that was used, %. */
  errorBudgetUsed: number | null;
}

export interface Judged {
  figures: Figures;
  slices: readonly Slice[];
  /** Longest first. */
  outages: readonly Outage[];
  growths: readonly Growth[];
  events: readonly SoakEvent[];
  bars: Bars;
  askedMs: number;
}
