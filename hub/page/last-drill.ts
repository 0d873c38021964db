/** Reads what the last drill measured; undefined when the document is none that this page understands. Pure. */
import type { DocumentView } from "../http/documents-json.ts";
import type { lastDrillKey } from "../http/drill-metrics.ts";

export interface LastDrill {
  at: string;
  runs: number;
  lost: number;
  /** Bars that were missed, in words. */
  breaches: string[];
  /** 95th percentiles, and the greatest outage, ms; null where nothing was measured. */
  failoverMs: number | null;
  recoveryMs: number | null;
  outageMs: number | null;
}

/** As the command keeps it. */
const lastKey: typeof lastDrillKey = "last";

export const lastDrillOf = (documents: readonly Pick<DocumentView, "key" | "value">[]): LastDrill | undefined =>
  drillOf(documents.find(({ key }) => key === lastKey)?.value);

function drillOf(value: unknown): LastDrill | undefined {
  if (!isObject(value) || !isObject(value.figures) || typeof value.at !== "string") return undefined;
  const { at, figures } = value;
  const { runs, lost, breaches } = figures;
  if (typeof runs !== "number" || typeof lost !== "number" || Number.isNaN(Date.parse(at))) return undefined;
  const spread = (name: string, key: string): number | null => {
    const of = figures[name];
    const ms = isObject(of) ? of[key] : null;
    return typeof ms === "number" ? ms : null;
  };
  return {
    at,
    runs,
    lost,
    breaches: Array.isArray(breaches) ? breaches.filter((breach) => typeof breach === "string") : [],
    failoverMs: spread("failoverMs", "p95"),
    recoveryMs: spread("recoveryMs", "p95"),
    outageMs: spread("outageMs", "max"),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
