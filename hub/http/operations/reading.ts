/** Operations that read: the pair, the fleet, and what a fleet's dashboards called before. */
import { z } from "zod";
import { AlertsView, FleetView, HubEvent, LedgerView } from "../api.ts";
import {
  AgentsAnswer,
  AlertsAnswer,
  agentsPath,
  alertsPath,
  HealthAnswer,
  HealthSummary,
  healthPath,
  healthSummaryPath,
} from "../fleet-calls-json.ts";
import { type Operation, plain, refused, said, text } from "./operation.ts";

/** Where the hub tells what it answers. */
export const openApiPath = "/api/v1/openapi.json";

export const readingOperations = {
  getFleet: {
    method: "get",
    path: "/api/v1/fleet",
    summary: "Machines, satellites and agents with their verdicts, and whether the pair is in sync",
    answers: { 200: said("how all is by what this hub knows", FleetView) },
  },
  getLedger: {
    method: "get",
    path: "/api/v1/ledger",
    summary: "What each machine holds of each origin's records, and what is missing",
    answers: { 200: said("the ledger of this hub", LedgerView) },
  },
  getAlerts: {
    method: "get",
    path: "/api/v1/alerts",
    summary: "The alerts that stand in the pair",
    answers: {
      200: said("urgent ones first", AlertsView),
      503: text("the hub has not read its records back, and does not know"),
    },
  },
  getEvents: {
    method: "get",
    path: "/api/v1/events",
    summary: "What changes, as server-sent events whose data is a HubEvent in JSON",
    answers: {
      200: { what: "does not end; begins with all of the fleet", text: "text/event-stream", json: HubEvent },
      503: text("as many listen as may"),
    },
  },
  getOpenApi: {
    method: "get",
    path: openApiPath,
    summary: "This document",
    answers: { 200: said("OpenAPI 3.1", z.record(z.string(), z.unknown())) },
  },
  getHealth: {
    method: "get",
    path: healthPath,
    summary: "The hub's own health, in the words of the fleet's agents",
    answers: {
      200: said("it takes pushes: ok, or degraded", HealthAnswer),
      503: said("it takes none yet", HealthAnswer),
    },
  },
  getHealthSummary: {
    method: "get",
    path: healthSummaryPath,
    summary: "How many agents are well, in all and by machine",
    answers: { 200: said("by what this hub knows", HealthSummary) },
  },
  getStandingAlerts: {
    method: "get",
    path: alertsPath,
    summary: "The alerts that stand, as a fleet's dashboards called for them before",
    answers: { 200: said("urgent ones first", AlertsAnswer), 503: refused("the hub does not know yet") },
  },
  getAgents: {
    method: "get",
    path: agentsPath,
    summary: "Every agent with its status, in the words of the fleet's agents",
    answers: { 200: said("in the order of the inventory", AgentsAnswer) },
  },
  getMetrics: {
    method: "get",
    path: "/metrics",
    summary: "The hub's own metrics and all that were pushed and scraped",
    answers: { 200: text("Prometheus text", plain), 503: text("as many read all of it as may") },
  },
} satisfies Record<string, Operation>;
