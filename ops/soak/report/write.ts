/** The three reports, and how they come into the folder of the run. */
import { join } from "node:path";
import { writeWhole } from "../../local/data-folder.ts";
import { objectivesIn } from "../objectives.ts";
import { lastingOf } from "../settings.ts";
import type { ReportSource } from "./content.ts";
import { htmlOf } from "./html.ts";
import { markdownOf } from "./markdown.ts";

/** By the names of their files. */
export function reportTexts(source: ReportSource): Record<string, string> {
  return {
    "report.md": markdownOf(source),
    "report.html": htmlOf(source),
    "report.json": `${JSON.stringify(jsonOf(source), null, 2)}\n`,
  };
}

export function writeTexts(dir: string, texts: Record<string, string>): void {
  for (const [name, text] of Object.entries(texts)) writeWhole(join(dir, name), text);
}

/** Of nothing but what checkpoints vouch for, so that it can be made again. */
function jsonOf({ settings, figures, verdict, growths, slices, events, checkpoints }: ReportSource) {
  const objectives = objectivesIn(events);
  const faults = events.filter(({ kind }) => kind === "fault");
  return {
    run: settings.run,
    publicKey: settings.publicKey,
    settings: lastingOf(settings),
    madeOf: { slices: slices.length, events: events.length },
    ...verdict,
    figures,
    growths,
    faults,
    // Left out where nobody asked, so that a run of an earlier version has the report that it had.
    ...(objectives === undefined ? {} : { objectives }),
    checkpoints,
  };
}
