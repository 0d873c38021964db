/** Sums up how far a migration is, from the documents of its agents; what is not understood in one is passed over. Pure. */
import type { DocumentView } from "../http/documents-json.ts";
import { furthestMs } from "./words.ts";

export interface Migration {
  total: number;
  done: number;
  undone: { agent: string; why: string }[];
  /** Neither waiting nor settled. */
  underWay: { agent: string; stage: string; sinceMs: number }[];
  waiting: string[];
}

/** Undefined while no agent is on its way. */
export function migrationOf(documents: readonly Pick<DocumentView, "key" | "value">[]): Migration | undefined {
  const migration: Migration = { total: 0, done: 0, undone: [], underWay: [], waiting: [] };
  for (const { key: agent, value } of documents) {
    // Of the command's own keys, such as who drives it, none has a stage.
    if (!isObject(value) || typeof value.stage !== "string") continue;
    const { stage, sinceMs, why } = value;
    migration.total++;
    if (stage === "done") migration.done++;
    else if (stage === "undone") migration.undone.push({ agent, why: typeof why === "string" ? why : "" });
    else if (stage === "waiting") migration.waiting.push(agent);
    else migration.underWay.push({ agent, stage: stage as string, sinceMs: isMoment(sinceMs) ? sinceMs : 0 }); // checked above
  }
  return migration.total === 0 ? undefined : migration;
}

const isMoment = (value: unknown): value is number => typeof value === "number" && Math.abs(value) <= furthestMs;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
