/** Asks every hub of a pair how all is: what one does not say is left open, and nothing waits longer than its deadline. */
import { z } from "zod";
import { migrationKind } from "../../hub/core/migrated.ts";
import type { FleetView, LedgerView, ServiceJson } from "../../hub/http/api.ts";
import { DocumentsView, documentPath } from "../../hub/http/documents-json.ts";
import { ObjectivesView, type ObjectiveView, objectivesPath } from "../../hub/http/objectives-json.ts";
import { bufferIn, lookAtHub, textOf, textOrWhy } from "../deploy/look.ts";
import { askHub } from "../site/ask-hub.ts";

/** An alert as a hub tells it; one of another version may tell more. */
const Standing = z.object({
  name: z.string(),
  severity: z.string(),
  subject: z.string(),
  since: z.string(),
  message: z.string(),
});
export type Standing = z.infer<typeof Standing>;
const Alerts = z.object({ alerts: z.array(Standing) });

const Process = z.object({ data: z.object({ start_time: z.string() }) });
const Migrated = z.object({ stage: z.string() });

export interface HubSaid {
  url: string;
  /** Whether anything answers there; `fleet` is undefined all the same where that is no hub of this version. */
  answers: boolean;
  /** Why nothing does. @example "certificate has expired" */
  why?: string;
  /** How long the fleet took to come, ms. */
  tookMs: number;
  fleet: FleetView | undefined;
  ledger: LedgerView | undefined;
  services: ServiceJson[] | undefined;
  /** For how long its spool takes what comes at present, s; undefined when it does not say. */
  bufferSeconds: number | undefined;
  /** ISO 8601 in UTC; undefined when it does not say. */
  startedAt: string | undefined;
  /** Undefined of a hub that does not tell them. */
  alerts: Standing[] | undefined;
  /** Undefined of a hub that does not tell them. */
  objectives: ObjectiveView[] | undefined;
  /** Stage of each agent whose migration has begun; undefined when it does not say. */
  migration: string[] | undefined;
}

const askMs = 3_000;

export async function askStatus(url: string): Promise<HubSaid> {
  const askedMs = performance.now();
  const [{ fleet, ledger, services }, metrics, process, alerts, objectives, documents] = await Promise.all([
    lookAtHub(url),
    textOf(`${url}/metrics`),
    askHub(`${url}/api/v1/status`, Process, askMs),
    askHub(`${url}/api/v1/alerts`, Alerts, askMs),
    askHub(`${url}${objectivesPath}`, ObjectivesView, askMs),
    askHub(`${url}${documentPath(migrationKind)}`, DocumentsView, askMs),
  ]);
  const alive = fleet !== undefined ? undefined : await textOrWhy(`${url}/livez`);
  return {
    url,
    answers: alive === undefined || "text" in alive,
    ...(alive !== undefined && "why" in alive ? { why: alive.why } : {}),
    tookMs: Math.round(performance.now() - askedMs),
    fleet,
    ledger,
    services,
    bufferSeconds: bufferIn(metrics ?? ""),
    startedAt: process?.data.start_time,
    alerts: alerts?.alerts,
    objectives: objectives?.objectives,
    migration: documents?.documents.map(({ value }) => Migrated.safeParse(value).data?.stage ?? "unknown"),
  };
}
