/** Keeps what drills measured at both hubs: the last one under a name of its own, and a ring of those before. */
import { z } from "zod";
import { drillKind, lastDrillKey } from "../../hub/http/drill-metrics.ts";
import { OperatorError } from "../error.ts";
import { readDocuments } from "../site/documents.ts";
import { DrillFigures, type Played } from "./figures.ts";
import type { DrillSite } from "./site.ts";

/** So many are kept; documents are written over, never deleted. */
const slots = 100;
export const unkeptNext = "They stand in what is printed, and in the report";

export interface DrillRecord {
  v: 1;
  /** ISO 8601 in UTC. */
  at: string;
  by: string;
  figures: DrillFigures;
  played: Played[];
}

/** What a list shows of each; the rest is the reports' affair. */
const Kept = z.object({ at: z.string(), by: z.string(), figures: DrillFigures });
export type KeptDrill = z.infer<typeof Kept>;

/** @throws OperatorError when no hub keeps it */
export async function keepDrill(site: Pick<DrillSite, "hubs" | "keep">, record: DrillRecord): Promise<void> {
  const present = await documents(site.hubs);
  const revisions = new Map(present.map(({ key, revision }) => [key, revision]));
  const keys = [lastDrillKey, nextSlot(present)];
  // Each fault stands in the report; of a long drill they would be too much for a document.
  const { played: _, ...kept } = record;
  const outcomes = await site.keep(
    keys.map((key) => ({ kind: drillKind, key, by: record.by, value: kept, replaces: revisions.get(key) ?? null })),
  );
  const failed = outcomes.find(({ kind }) => kind !== "stored");
  if (failed === undefined) return;
  const why = failed.kind === "failed" ? failed.text : "somebody else has kept one meanwhile";
  throw new OperatorError("drill.unkept", `the drill's figures could not be kept at the hubs: ${why}`, unkeptNext);
}

/** The newest first. */
export async function drillHistory(hubs: ReadonlyMap<string, string>): Promise<KeptDrill[]> {
  const all = (await documents(hubs)).filter(({ key }) => key !== lastDrillKey);
  const kept = all.flatMap(({ value }) => Kept.safeParse(value).data ?? []);
  return kept.toSorted((a, b) => (a.at < b.at ? 1 : -1));
}

/** The first that is free, or the oldest. */
export function nextSlot(present: readonly { key: string; at: string }[]): string {
  const taken = new Map(present.map(({ key, at }) => [key, at]));
  const names = Array.from({ length: slots }, (_, i) => `slot-${String(i).padStart(3, "0")}`);
  const free = names.find((name) => !taken.has(name));
  if (free !== undefined) return free;
  return names.toSorted((a, b) => ((taken.get(a) ?? "") < (taken.get(b) ?? "") ? -1 : 1))[0] ?? "slot-000";
}

async function documents(hubs: ReadonlyMap<string, string>) {
  const read = await readDocuments([...hubs.values()], drillKind);
  if (read !== undefined) return read.documents;
  throw new OperatorError(
    "drill.silent",
    "no hub says what drills were kept",
    "Start the pair, or look with tandem doctor",
  );
}
