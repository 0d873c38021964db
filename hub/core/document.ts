/** What a document is: a small JSON value that commands keep at the hubs, with the stamp by which both order its versions. */
import { z } from "zod";
import { compareHlc, Hlc } from "./hlc.ts";

/** What a command works on. @example "migration" */
export const DocumentKind = z.string().regex(/^[a-z][a-z-]{0,30}$/, "1 to 31 of a to z and -, a letter first");
/** @example "pc2/TutorAgent" */
export const DocumentKey = z
  .string()
  .max(200)
  .regex(/^\w[\w.:@+-]*(\/\w[\w.:@+-]*)*$/, "letters, digits and _ . : @ + - in parts with / between them");
/** Who wrote it: a person or a command. */
export const DocumentBy = z.string().min(1).max(100);

/** Of its JSON. */
export const maxValueBytes = 64 * 1024;
/** Deeper than anybody writes by hand, and far from where a stack would overflow. */
export const maxValueDepth = 64;
const version = 1;

/** A version's place among all versions: the later one stands. */
export interface Stamp {
  at: Hlc;
  /** Machine whose hub took the write. */
  machine: string;
}

export interface Document extends Stamp {
  kind: string;
  key: string;
  by: string;
  /** Any JSON. */
  value: unknown;
}

const StoredDocument = z.strictObject({
  v: z.literal(version),
  kind: DocumentKind,
  key: DocumentKey,
  at: Hlc,
  machine: z.string().min(1).max(100),
  by: DocumentBy,
  value: z.unknown(),
});
const OfLaterVersion = z.object({ v: z.number().gt(version) });

/** Why a text that was read back is no document: later hubs write what this one does not know. */
export type Unreadable = "damaged" | "too-new";

export const documentId = ({ kind, key }: Pick<Document, "kind" | "key">): string => `${kind} ${key}`;

/** Names a version; opaque to whoever reads it. */
export const revisionOf = ({ at, machine }: Stamp): string => `${at.wallMs}.${at.counter}.${machine}`;

/** Whether a version comes after another one, by their names; a name that is none comes before all. */
export function isLater(revision: string, other: string): boolean {
  const [left, right] = [stampOf(revision), stampOf(other)];
  if (left === undefined || right === undefined) return left !== undefined;
  return compareStamps(left, right) > 0;
}

function stampOf(revision: string): Stamp | undefined {
  const [, wallMs, counter, machine = ""] = /^(\d+)\.(\d+)\.(.+)$/.exec(revision) ?? [];
  return wallMs === undefined ? undefined : { at: { wallMs: Number(wallMs), counter: Number(counter) }, machine };
}

export const compareStamps = (a: Stamp, b: Stamp): number => compareHlc(a.at, b.at, a.machine, b.machine);

/** Both hubs come to the same one of two, even of those that a restored disk lets bear the same stamp. */
export function compareDocuments(a: Document, b: Document): number {
  const byStamp = compareStamps(a, b);
  if (byStamp !== 0) return byStamp;
  const [left, right] = [storedText(a), storedText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** As it stands in a bucket. */
export function storedText({ kind, key, at, machine, by, value }: Document): string {
  return JSON.stringify({ v: version, kind, key, at: { wallMs: at.wallMs, counter: at.counter }, machine, by, value });
}

export function readStored(text: string): Document | Unreadable {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return "damaged";
  }
  const parsed = StoredDocument.safeParse(json);
  if (!parsed.success) return OfLaterVersion.safeParse(json).success ? "too-new" : "damaged";
  const { v: _, ...document } = parsed.data;
  return isDeep(document.value) ? "damaged" : document;
}

/** Whether the value is nested too deeply to be kept. */
export function isDeep(value: unknown, levels = maxValueDepth): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeep(part, levels - 1));
}
