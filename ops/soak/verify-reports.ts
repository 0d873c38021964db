/** Finds a report that does not say what the lines say that it is made of: each is made again, and compared. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { reportsOf } from "./report-folder.ts";
import type { Run } from "./run-files.ts";
import type { Chain, Problem } from "./verify.ts";

const names = ["report.md", "report.html", "report.json"] as const;
/** How many lines of each file it was made of. */
const MadeOf = z.object({ madeOf: z.object({ slices: z.number(), events: z.number() }) });

const other =
  "is not what the slices say: it was edited, or another version wrote it; tandem soak report writes it anew";

export function wrongReports(dir: string, run: Run, { ends }: Pick<Chain, "ends">): Problem[] {
  const found = names.flatMap((name) => {
    const path = join(resolve(dir), name);
    return existsSync(path) ? [{ name, text: readFileSync(path, "utf8") }] : [];
  });
  if (found.length === 0) return [];
  const madeOf = madeOfText(found.find(({ name }) => name === "report.json")?.text ?? "");
  if (madeOf === undefined) return [{ of: "report.json", what: other }];
  const vouched = Math.max(0, ...ends);
  if (madeOf.slices < vouched) {
    const what = `is of the first ${madeOf.slices} slices, and ${vouched} are vouched for; tandem soak report writes it anew`;
    return [{ of: "report.json", what }];
  }
  const slices = run.slices.slice(0, madeOf.slices);
  const events = run.events.slice(0, madeOf.events);
  const checkpoints = ends.filter((end) => end <= madeOf.slices).length;
  const { texts } = reportsOf({ settings: run.settings, slices, events }, checkpoints);
  return found.flatMap(({ name, text }) => (texts[name] === text ? [] : [{ of: name, what: other }]));
}

function madeOfText(text: string): z.infer<typeof MadeOf>["madeOf"] | undefined {
  try {
    return MadeOf.parse(JSON.parse(text)).madeOf;
  } catch {
    return undefined;
  }
}
