/** Keeps what a drill has measured, at both hubs and in a report: what cannot be kept takes nothing from the rest. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import { writeWhole } from "../local/data-folder.ts";
import { type DrillRecord, keepDrill, unkeptNext } from "./history.ts";
import { drillMarkdown } from "./report.ts";
import type { DrillSite } from "./site.ts";

export interface Kept {
  /** Path of the report in Markdown; undefined when it could not be written. */
  report: string | undefined;
  /** What could not be kept; empty when all is. */
  errors: OperatorError[];
}

/** The hubs first: they are where it is looked for. Never throws. @param reports folder of reports */
export async function conclude(
  site: Pick<DrillSite, "hubs" | "keep" | "name">,
  record: DrillRecord,
  reports: string,
): Promise<Kept> {
  const errors: OperatorError[] = [];
  const attempt = async <T>(deed: () => Promise<T> | T, explain: (why: string) => OperatorError) => {
    try {
      return await deed();
    } catch (error) {
      errors.push(error instanceof OperatorError ? error : explain(messageOf(error)));
      return undefined;
    }
  };
  await attempt(
    () => keepDrill(site, record),
    (why) => new OperatorError("drill.unkept", `the hubs could not keep the drill's figures: ${why}`, unkeptNext),
  );
  const report = await attempt(
    () => writeReport(site.name, record, reports),
    (why) => new OperatorError("drill.unwritten", `no report could be written: ${why}`, "Name a folder with --reports"),
  );
  return { report, errors };
}

function writeReport(site: string, record: DrillRecord, reports: string): string {
  mkdirSync(reports, { recursive: true });
  const path = join(reports, `${record.at.slice(0, 19).replaceAll(":", "")}.md`);
  writeWhole(path, drillMarkdown(record, site));
  writeWhole(path.replace(/md$/, "json"), `${JSON.stringify(record, null, 2)}\n`);
  return path;
}
