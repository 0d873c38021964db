/** What the hub says of documents and takes for them: one schema is check, type and document for server and command line. */
import { z } from "zod";
import { DocumentBy } from "../core/document.ts";

export const documentsPath = "/api/v1/documents";

export const DocumentView = z.strictObject({
  key: z.string(),
  /** Names this version; opaque, and different for each one. */
  revision: z.string(),
  /** When it was written, ISO 8601 in UTC, by the clock of the hub that took it. */
  at: z.string(),
  by: z.string(),
  value: z.unknown(),
});
export type DocumentView = z.infer<typeof DocumentView>;

export const DocumentsView = z.strictObject({
  /** Machine of the hub that answers. */
  machine: z.string(),
  /** Of the kind that was asked for, by key. */
  documents: z.array(DocumentView),
});
export type DocumentsView = z.infer<typeof DocumentsView>;

/** Body of a PUT. */
export const DocumentPut = z.strictObject({
  by: DocumentBy,
  /** Any JSON. */
  value: z.unknown(),
  /** Revision that it replaces; null: there must be none yet. @default whatever stands there */
  replaces: z.string().nullable().optional(),
});
export type DocumentPut = z.infer<typeof DocumentPut>;

/** Answer to a PUT that was taken. */
export const DocumentStored = z.strictObject({
  revision: z.string(),
  /** 2: both machines have it, or a later version of it, on disk; 1: only this one is known to. */
  copies: z.union([z.literal(1), z.literal(2)]),
});
export type DocumentStored = z.infer<typeof DocumentStored>;

/** Answer to a PUT that names another revision than what stands there. */
export const DocumentConflict = z.strictObject({
  error: z.string(),
  /** Null when there is none. */
  present: DocumentView.nullable(),
});
export type DocumentConflict = z.infer<typeof DocumentConflict>;

/** @param key of one document; all of the kind without it */
export function documentPath(kind: string, key?: string): string {
  const ofKind = `${documentsPath}/${encodeURIComponent(kind)}`;
  return key === undefined ? ofKind : `${ofKind}/${encodeURIComponent(key)}`;
}
