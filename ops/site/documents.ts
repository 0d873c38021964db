/** Reads the documents that commands keep at the hubs, and writes them by orders: how far a command is, where any hub answers for it. */
import {
  DocumentConflict,
  type DocumentPut,
  DocumentStored,
  type DocumentsView,
  type DocumentView,
  documentPath,
} from "../../hub/http/documents-json.ts";
import { safeParseAnswer } from "../client/answer.ts";
import { HubClient } from "../client/hub-client.ts";
import type { Answer, Order } from "../deploy/orders.ts";

/** What came of an order to write one. */
export type DocumentWritten =
  | ({ kind: "stored" } & DocumentStored)
  /** Another version stands there than the order replaces. */
  | { kind: "conflict"; text: string; present: DocumentView | null }
  /** It may be stored all the same where no hub answered. */
  | { kind: "failed"; text: string };

/** Of the first of these hubs that answers; undefined when none does. */
export async function readDocuments(hubUrls: readonly string[], kind: string): Promise<DocumentsView | undefined> {
  const outcome = await new HubClient(hubUrls).call("getDocuments", { params: { kind } });
  return outcome.kind === "answered" ? outcome.value : undefined;
}

export const documentOrder = (kind: string, key: string, put: DocumentPut): Order => ({
  method: "PUT",
  path: documentPath(kind, key),
  body: put,
});

/** What a hub says of an order of `documentOrder`. */
export function documentWritten({ ok, text, said }: Answer): DocumentWritten {
  const stored = safeParseAnswer(DocumentStored, said);
  if (ok && stored.success) return { kind: "stored", ...stored.data };
  const conflict = safeParseAnswer(DocumentConflict, said);
  if (conflict.success) return { kind: "conflict", text, present: conflict.data.present };
  return { kind: "failed", text: text || "the hub answered something else" };
}
