/** The documents of both hubs, by kind and key: of two versions the later one stands, and a write may name what it replaces. */
import {
  compareDocuments,
  type Document,
  DocumentBy,
  DocumentKey,
  DocumentKind,
  documentId,
  isDeep,
  maxValueBytes,
  maxValueDepth,
  revisionOf,
  storedText,
} from "./document.ts";
import { type Hlc, hlcZero, isAhead, mergeHlc, stampAfter } from "./hlc.ts";

export interface DocumentWrite {
  kind: string;
  key: string;
  by: string;
  /** Any JSON. */
  value: unknown;
  /** Revision that it replaces; null: there must be none yet. @default whatever stands there */
  replaces?: string | null | undefined;
}

/** `invalid`: no document ever; `large`: the value alone is too much; `full`: there are too many. */
export interface DocumentRefusal {
  kind: "refused";
  why: "invalid" | "large" | "full";
  reason: string;
}

export type Draft =
  | { kind: "draft"; document: Document }
  /** Another version stands there than the write replaces. */
  | { kind: "conflict"; present: Document | undefined }
  | DocumentRefusal;

export interface DocumentLimits {
  kinds: number;
  /** Documents of one kind. */
  perKind: number;
  /** All of them as they are stored, so that a hub's memory and answers stay small. */
  totalBytes: number;
}

const defaultLimits: DocumentLimits = { kinds: 16, perKind: 2_000, totalBytes: 16 * 1024 ** 2 };

/** Both machines may have come to their limits while they were apart: so many times as much is taken from the other one. */
const peersShare = 2;

interface Held {
  document: Document;
  bytes: number;
}

/** Mutable; two that took in the same documents, in whatever order, hold the same ones. */
export class Documents {
  readonly #machine: string;
  readonly #limits: DocumentLimits;
  readonly #kinds = new Map<string, Map<string, Held>>();
  #clock: Hlc = hlcZero;
  #count = 0;
  #bytes = 0;

  /** @param machine whose hub stamps what is written here */
  constructor(machine: string, limits = defaultLimits) {
    this.#machine = machine;
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  get(kind: string, key: string): Document | undefined {
    return this.#kinds.get(kind)?.get(key)?.document;
  }

  /** Of one kind, by key. */
  list(kind: string): Document[] {
    const documents = [...(this.#kinds.get(kind)?.values() ?? [])].map(({ document }) => document);
    return documents.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }

  *all(): Generator<Document> {
    for (const kind of this.#kinds.values()) for (const { document } of kind.values()) yield document;
  }

  /**
   * Takes in what a bucket holds. No limit applies: each hub has kept to them, and what one of them holds the other must
   * hold too. What the peer's bucket shows is asked about first (`whyNotPeers`). @returns whether it is later than what was held
   */
  merge(document: Document): boolean {
    this.#clock = mergeHlc(this.#clock, document.at);
    const { kind, key } = document;
    const ofKind = this.#kinds.get(kind) ?? new Map<string, Held>();
    const before = ofKind.get(key);
    if (before !== undefined && compareDocuments(document, before.document) <= 0) return false;
    const bytes = Buffer.byteLength(storedText(document));
    ofKind.set(key, { document, bytes });
    this.#kinds.set(kind, ofKind);
    this.#bytes += bytes - (before?.bytes ?? 0);
    if (before === undefined) this.#count++;
    return true;
  }

  /** The version that a write would make, later than all that is held; it is held once it is merged. */
  draft({ kind, key, by, value, replaces }: DocumentWrite, nowMs: number): Draft {
    const invalid = whyInvalid({ kind, key, by, value });
    if (invalid !== undefined) return { kind: "refused", why: "invalid", reason: invalid };
    const present = this.get(kind, key);
    if (replaces !== undefined && replaces !== (present === undefined ? null : revisionOf(present)))
      return { kind: "conflict", present };
    const json = JSON.stringify(value);
    const valueBytes = Buffer.byteLength(json);
    if (valueBytes > maxValueBytes) {
      const reason = `the value takes ${valueBytes} bytes of JSON, and a document ${maxValueBytes} at most`;
      return { kind: "refused", why: "large", reason };
    }
    this.#clock = stampAfter(this.#clock, nowMs);
    // What is held must be what is read back, whatever the caller does to its value.
    const document = { kind, key, at: this.#clock, machine: this.#machine, by, value: JSON.parse(json) as unknown };
    const reason = this.#whyFull(document);
    return reason === undefined ? { kind: "draft", document } : { kind: "refused", why: "full", reason };
  }

  /** Why a document of the peer's bucket is none that an honest hub would have written; undefined when it may be merged. */
  whyNotPeers(document: Document, nowMs: number): string | undefined {
    if (isAhead(document.at, nowMs)) return "it is stamped more than a day ahead of this machine's clock";
    const valueBytes = Buffer.byteLength(JSON.stringify(document.value));
    if (valueBytes > maxValueBytes)
      return `its value takes ${valueBytes} bytes of JSON, and ${maxValueBytes} are the most`;
    const { kinds, perKind, totalBytes } = this.#limits;
    const [most, each, bytes] = [kinds * peersShare, perKind * peersShare, totalBytes * peersShare];
    return this.#whyFull(document, { kinds: most, perKind: each, totalBytes: bytes });
  }

  #whyFull(document: Document, { kinds, perKind, totalBytes } = this.#limits): string | undefined {
    const { kind, key } = document;
    const ofKind = this.#kinds.get(kind);
    const before = ofKind?.get(key);
    if (ofKind === undefined && this.#kinds.size >= kinds) return `${kinds} kinds are kept already, so not ${kind} too`;
    if (before === undefined && (ofKind?.size ?? 0) >= perKind)
      return `${perKind} documents of ${kind} are kept already, so ${key} is not; write over one that is of no use any more`;
    const grown = Buffer.byteLength(storedText(document)) - (before?.bytes ?? 0);
    // One that shrinks is no cause of what is full.
    if (grown > 0 && this.#bytes + grown > totalBytes)
      return `the documents take ${this.#bytes} of ${totalBytes} bytes, and ${documentId(document)} would add ${grown}; write smaller values over those that are of no use any more`;
    return undefined;
  }
}

function whyInvalid({ kind, key, by, value }: DocumentWrite): string | undefined {
  const checks = [
    ["kind", DocumentKind.safeParse(kind)],
    ["key", DocumentKey.safeParse(key)],
    ["by", DocumentBy.safeParse(by)],
  ] as const;
  for (const [name, { error }] of checks)
    if (error !== undefined) return `${name}: ${error.issues.map(({ message }) => message).join("; ")}`;
  if (value === undefined) return "value: there is none";
  return isDeep(value) ? `value: it is nested more deeply than ${maxValueDepth} levels` : undefined;
}
