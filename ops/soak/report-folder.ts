/** Writes a run's reports anew from what its folder holds, and changes nothing else there. */

import { judge } from "./judge.ts";
import { growthsOf } from "./leaks.ts";
import { writeReports } from "./report/write.ts";
import { Slice, SoakEvent } from "./slice.ts";
import { readCheckpoints, readRun } from "./store.ts";
import { Totals } from "./totals.ts";
import type { Verdict } from "./verdict.ts";

export function reportFolder(dir: string): Verdict {
  const { settings, sliceLines, eventLines } = readRun(dir);
  const slices = sliceLines.map((line) => Slice.parse(JSON.parse(line)));
  const events = eventLines.map((line) => SoakEvent.parse(JSON.parse(line)));
  const totals = new Totals();
  for (const slice of slices) totals.add(slice);
  const { bars, hours } = settings;
  const growths = growthsOf(slices, bars.doubling);
  const { outages } = totals;
  const askedMs = hours * 3_600_000;
  const verdict = judge({ figures: totals.figures(), slices, outages, growths, events, bars, askedMs });
  writeReports(dir, settings, { totals, growths, slices, events, checkpoints: readCheckpoints(dir).size }, verdict);
  return verdict;
}
