/** Makes a run's reports anew from what its folder holds. */

import { judge } from "./judge.ts";
import { growthsOf } from "./leaks.ts";
import { reportTexts, writeTexts } from "./report/write.ts";
import { type Run, readCheckpoints, readRun } from "./run-files.ts";
import { askedMsOf } from "./settings.ts";
import { Totals } from "./totals.ts";
import type { Verdict } from "./verdict.ts";

export interface Reports {
  verdict: Verdict;
  /** By the names of their files. */
  texts: Record<string, string>;
}

/** Writes them, and changes nothing else there. */
export function reportFolder(dir: string): Verdict {
  const { verdict, texts } = reportsOf(readRun(dir), readCheckpoints(dir).size);
  writeTexts(dir, texts);
  return verdict;
}

export function reportsOf({ settings, slices, events }: Run, checkpoints: number): Reports {
  const totals = new Totals();
  for (const slice of slices) totals.add(slice);
  const { bars } = settings;
  const growths = growthsOf(slices, bars.doubling);
  const figures = totals.figures();
  const { outages } = totals;
  const verdict = judge({ figures, slices, outages, growths, events, bars, askedMs: askedMsOf(settings) });
  return { verdict, texts: reportTexts({ settings, figures, verdict, growths, slices, events, checkpoints }) };
}
