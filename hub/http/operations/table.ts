/** Every operation that a hub answers, and the names of the schemas that they share. */
import {
  AgentView,
  AlertsView,
  AlertView,
  FleetView,
  HubEvent,
  LedgerView,
  MachineView,
  MaintenanceView,
  SatelliteView,
  ServiceJson,
  SyncView,
} from "../api.ts";
import { DocumentsView, DocumentView } from "../documents-json.ts";
import { HealthAnswer } from "../fleet-calls-json.ts";
import { ErrorAnswer } from "./operation.ts";
import { orderingOperations } from "./ordering.ts";
import { pastOperations } from "./past.ts";
import { pushingOperations } from "./pushing.ts";
import { readingOperations } from "./reading.ts";
import { tellingOperations } from "./telling.ts";

export const operations = {
  ...readingOperations,
  ...pushingOperations,
  ...orderingOperations,
  ...pastOperations,
  ...tellingOperations,
};

/** By the name that the document gives them. */
export const namedSchemas = {
  FleetView,
  MachineView,
  SatelliteView,
  AgentView,
  SyncView,
  LedgerView,
  AlertView,
  AlertsView,
  MaintenanceView,
  ServiceJson,
  HubEvent,
  DocumentView,
  DocumentsView,
  HealthAnswer,
  ErrorAnswer,
};
