/** Operations on services, maintenance and documents: read by anybody, ordered by an operator. */
import { z } from "zod";
import { DocumentKey, DocumentKind } from "../../core/document.ts";
import { MaintenanceView, ServiceJson } from "../api.ts";
import {
  DocumentConflict,
  DocumentPut,
  DocumentStored,
  DocumentsView,
  DocumentView,
  documentsPath,
} from "../documents-json.ts";
import { Begin, End, Switchover, Take } from "../services-api.ts";
import { type Operation, OrderResult, ofOrders, ofTokenOrders, refused, said } from "./operation.ts";

const name = { params: { name: z.string().min(1) } } as const;
const noService = refused("no agent of that name has a standby");
const unknownTarget = refused("no such machine or agent, or it is not in maintenance");
const unread = refused("the hub has not read its documents yet, or its machine's NATS is away");

export const orderingOperations = {
  getServices: {
    method: "get",
    path: "/api/v1/services",
    summary: "Agents with a standby: which machine owns each, by which epoch, and how its instances are",
    answers: { 200: said("in the order of the inventory", z.array(ServiceJson)) },
  },
  getService: {
    ...name,
    method: "get",
    path: "/api/v1/services/{name}",
    summary: "One of them",
    answers: { 200: said("that service", ServiceJson), 404: noService },
  },
  takeService: {
    ...name,
    method: "post",
    path: "/api/v1/services/{name}/take",
    summary: "Has this machine take a service",
    body: { json: Take },
    order: true,
    answers: {
      200: said("taken", OrderResult),
      ...ofTokenOrders,
      404: noService,
      409: said("it may not", OrderResult),
    },
  },
  switchOver: {
    ...name,
    method: "post",
    path: "/api/v1/services/{name}/switchover",
    summary: "Moves a service to its other machine without a failed request",
    body: { json: Switchover },
    order: true,
    answers: {
      200: said("moved", OrderResult),
      ...ofTokenOrders,
      404: noService,
      409: said("it did not", OrderResult),
    },
  },
  getMaintenance: {
    method: "get",
    path: "/api/v1/maintenance",
    summary: "What is being worked on: it neither alerts nor moves",
    answers: { 200: said("by target", z.array(MaintenanceView)) },
  },
  beginMaintenance: {
    method: "post",
    path: "/api/v1/maintenance",
    summary: "Begins maintenance of a machine or an agent",
    body: { json: Begin },
    order: true,
    answers: {
      200: said("begun", MaintenanceView),
      ...ofTokenOrders,
      404: unknownTarget,
      409: refused("as many as may be are in maintenance already"),
    },
  },
  endMaintenance: {
    method: "delete",
    path: "/api/v1/maintenance",
    summary: "Ends it",
    body: { json: End },
    order: true,
    answers: { 200: said("ended", MaintenanceView), ...ofTokenOrders, 404: unknownTarget },
  },
  getDocuments: {
    method: "get",
    path: `${documentsPath}/{kind}`,
    summary: "All documents of a kind that commands keep at the hubs",
    params: { kind: DocumentKind },
    answers: { 200: said("by key", DocumentsView), 400: refused("no kind that there may be"), 503: unread },
  },
  getDocument: {
    method: "get",
    path: `${documentsPath}/{kind}/{key}`,
    summary: "One document",
    params: { kind: DocumentKind, key: DocumentKey },
    answers: {
      200: said("its present version", DocumentView),
      400: refused("no kind or key that there may be"),
      404: refused("there is none"),
      503: unread,
    },
  },
  putDocument: {
    method: "put",
    path: `${documentsPath}/{kind}/{key}`,
    summary: "Writes a document",
    params: { kind: DocumentKind, key: DocumentKey },
    body: { json: DocumentPut },
    order: true,
    answers: {
      200: said("stored", DocumentStored),
      ...ofOrders,
      409: said("another revision stands there than the one that it would replace", DocumentConflict),
      503: unread,
      507: refused("there are as many, or as large ones, as may be"),
    },
  },
} satisfies Record<string, Operation>;
