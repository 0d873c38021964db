/** Answers what is asked about documents: anybody reads them, and they are written at the hub's socket only. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Document, DocumentKey, DocumentKind, revisionOf } from "../core/document.ts";
import type { DocumentStore, WriteOutcome } from "../io/documents.ts";
import { DocumentPut, type DocumentsView, type DocumentView, documentsPath } from "./documents-json.ts";
import { type Answer, decodePart, notAllowed, pathOf, readOrder, reads, refusalOf, sendAnswer } from "./orders.ts";

export interface DocumentsApiOptions {
  machine: string;
  documents: Pick<DocumentStore, "unread" | "whenRead" | "list" | "get" | "write">;
}

/** A value may come with escapes and blanks that it is not kept with. */
const maxBodyBytes = 512 * 1024;

/** A hub that has just started, or succeeds another, reads them in less, ms. */
const readPatienceMs = 1_000;

const statusOf = { invalid: 400, large: 413, full: 507, away: 503 } as const;

/** The handler resolves with false, without an answer given, when the path is none of this API's. */
export function createDocumentsApi(
  options: DocumentsApiOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const path = pathOf(request);
    if (path !== documentsPath && !path.startsWith(`${documentsPath}/`)) return false;
    sendAnswer(request, response, refusalOf(request) ?? (await answerTo(options, path, request)));
    return true;
  };
}

async function answerTo(options: DocumentsApiOptions, path: string, request: IncomingMessage): Promise<Answer> {
  const [kindPart = "", ...keyParts] = path.slice(documentsPath.length + 1).split("/");
  const kind = decodePart(kindPart);
  if (kind === "") return { status: 404, body: { error: `name a kind of documents: ${documentsPath}/<kind>` } };
  const checkedKind = DocumentKind.safeParse(kind);
  if (!checkedKind.success) return { status: 400, body: { error: `kind: ${textOf(checkedKind.error)}` } };
  await options.documents.whenRead(readPatienceMs);
  if (keyParts.length === 0) return reads(request) ? all(options, kind) : notAllowed("GET");
  const checkedKey = DocumentKey.safeParse(decodePart(keyParts.join("/")));
  if (!checkedKey.success) return { status: 400, body: { error: `key: ${textOf(checkedKey.error)}` } };
  const key = checkedKey.data;
  if (reads(request)) return one(options, kind, key);
  return request.method === "PUT" ? await put(options, kind, key, request) : notAllowed("GET, PUT");
}

function all({ machine, documents }: DocumentsApiOptions, kind: string): Answer {
  const { unread } = documents;
  if (unread !== undefined) return { status: 503, body: { error: unread } };
  return { status: 200, body: documentsView(machine, documents, kind) };
}

export const documentsView = (
  machine: string,
  documents: Pick<DocumentStore, "list">,
  kind: string,
): DocumentsView => ({
  machine,
  documents: documents.list(kind).map(viewOf),
});

function one({ documents }: DocumentsApiOptions, kind: string, key: string): Answer {
  const { unread } = documents;
  if (unread !== undefined) return { status: 503, body: { error: unread } };
  const document = documents.get(kind, key);
  if (document === undefined) return { status: 404, body: { error: `no document ${key} of kind ${kind}` } };
  return { status: 200, body: viewOf(document) };
}

async function put(
  { documents }: DocumentsApiOptions,
  kind: string,
  key: string,
  request: IncomingMessage,
): Promise<Answer> {
  const order = await readOrder(request, DocumentPut, maxBodyBytes);
  if (order.error !== undefined) return order.error;
  return answerOf(await documents.write({ kind, key, ...order.value }));
}

function answerOf(outcome: WriteOutcome): Answer {
  switch (outcome.kind) {
    case "stored":
      return { status: 200, body: { revision: outcome.revision, copies: outcome.copies } };
    case "conflict": {
      const present = outcome.present === undefined ? null : viewOf(outcome.present);
      const error = present === null ? "there is no such document yet" : `${present.by} wrote it at ${present.at}`;
      return { status: 409, body: { error, present } };
    }
    case "refused":
      return { status: statusOf[outcome.why], body: { error: outcome.reason } };
  }
}

const viewOf = (document: Document): DocumentView => ({
  key: document.key,
  revision: revisionOf(document),
  at: new Date(document.at.wallMs).toISOString(),
  by: document.by,
  value: document.value,
});

const textOf = ({ issues }: { issues: { message: string }[] }) => issues.map(({ message }) => message).join("; ");
