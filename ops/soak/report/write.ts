/** Writes the three reports into the folder of the run. */
import { join } from "node:path";
import { writeWhole } from "../../local/data-folder.ts";
import type { RunRecord } from "../record.ts";
import type { Settings } from "../settings.ts";
import type { Verdict } from "../verdict.ts";
import type { ReportSource } from "./content.ts";
import { htmlOf } from "./html.ts";
import { markdownOf } from "./markdown.ts";

type Recorded = Pick<RunRecord, "totals" | "growths" | "slices" | "events" | "checkpoints">;

export function writeReports(dir: string, settings: Settings, record: Recorded, verdict: Verdict): void {
  const { growths, slices, events, checkpoints, totals } = record;
  const source: ReportSource = { settings, figures: totals.figures(), verdict, growths, slices, events, checkpoints };
  writeWhole(join(dir, "report.md"), markdownOf(source));
  writeWhole(join(dir, "report.html"), htmlOf(source));
  writeWhole(join(dir, "report.json"), `${JSON.stringify(jsonOf(source), null, 2)}\n`);
}

export function jsonOf({ settings, figures, verdict, growths, events, checkpoints }: ReportSource) {
  const faults = events.filter(({ kind }) => kind === "fault");
  return {
    run: settings.run,
    publicKey: settings.publicKey,
    settings,
    ...verdict,
    figures,
    growths,
    faults,
    checkpoints,
  };
}
