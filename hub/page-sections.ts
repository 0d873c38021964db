/** What the hub puts into the page beside fleet and ledger; what it does not know at present is left to the page's script. */
import { migrationKind } from "./core/migrated.ts";
import type { DocumentsView } from "./http/documents-json.ts";
import { drillKind } from "./http/drill-metrics.ts";
import type { SectionName, Sections } from "./page/sections.ts";

/** Each undefined while the hub cannot tell. */
export interface SectionSources {
  alerts(): Sections["alerts"];
  services(): Sections["services"];
  documents(kind: string): DocumentsView | undefined;
  silences?(): Sections["silences"];
  timeline?(): Sections["timeline"];
  objectives?(): Sections["objectives"];
  graph?(): Sections["graph"];
}

export function pageSections(sources: SectionSources): () => Sections {
  return () => {
    const all: Record<Exclude<SectionName, "history" | "agentHistory">, unknown> = {
      alerts: sources.alerts(),
      services: sources.services(),
      silences: sources.silences?.(),
      timeline: sources.timeline?.(),
      objectives: sources.objectives?.(),
      graph: sources.graph?.(),
      migration: sources.documents(migrationKind),
      drills: sources.documents(drillKind),
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  };
}
