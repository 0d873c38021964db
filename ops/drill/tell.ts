/** Says how a drill ended: its figures and all that went wrong besides, in one object or as text. */
import { conclude } from "./conclude.ts";
import { figuresOf } from "./figures.ts";
import type { DrillRecord } from "./history.ts";
import { drillText } from "./report.ts";
import type { Drilled } from "./run.ts";
import type { DrillSite } from "./site.ts";

export interface TellOptions {
  json: boolean;
  /** Folder of reports. */
  reports: string;
  /** For people, beside what is printed. */
  say(line: string): void;
  print(text: string): void;
}

/** Sets the exit code. @throws OperatorError when it ended before anything was measured */
export async function tell(
  site: Pick<DrillSite, "hubs" | "keep" | "name">,
  { played, why }: Drilled,
  by: string,
  { json, reports, say, print }: TellOptions,
): Promise<void> {
  if (played.length === 0) {
    if (why !== undefined) throw why;
    return print(json ? JSON.stringify({ outcome: "interrupted" }) : "it was ended before anything was measured");
  }
  const record: DrillRecord = { v: 1, at: new Date().toISOString(), by, played, figures: figuresOf(played) };
  const { report, errors } = await conclude(site, record, reports);
  if (report !== undefined) say(`report: ${report}`);
  const wrong = [...(why === undefined ? [] : [why]), ...errors];
  for (const error of wrong) say(`error: ${error.toText()}`);
  if (record.figures.breaches.length + wrong.length > 0) process.exitCode = 1;
  const views = wrong.map(({ code, message, next }) => ({ code, message, next }));
  print(json ? JSON.stringify({ ...record, errors: views }) : drillText(record));
}
