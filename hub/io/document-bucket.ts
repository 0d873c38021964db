/**
 * A machine's bucket of documents: a JetStream KV bucket in its own domain, which its own hubs alone write. Its name tells the machine,
 * so that what is written on one never reaches the other by its subject.
 */
import {
  DiscardPolicy,
  headers,
  type JetStreamClient,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from "nats";
import { type Document, DocumentKey, DocumentKind, storedText } from "../core/document.ts";
import { messageOf } from "./log.ts";
import type { OnCut } from "./publish.ts";
import { isNoMessage, isNoResponder, isNoStream, isWrongSequence, whyFull } from "./streams.ts";

/** Where a document stands. */
export type DocumentPlace = Pick<Document, "kind" | "key">;

export type Put =
  | { kind: "stored"; seq: number }
  /** Another message than the expected one stands there; nothing was stored. */
  | { kind: "changed" }
  | { kind: "full"; reason: string }
  | { kind: "no-stream"; reason: string }
  /** It may be stored or not. */
  | { kind: "unsure"; reason: string };

const putTimeoutMs = 1_500;
/** Twice what one hub lets stand, since both may have written to the brim while they did not hear each other, and as much for subjects. */
const maxBytes = 64 * 1024 ** 2;

export const bucketName = (machine: string) => `tandem-documents-${machine}`;
export const bucketStream = (machine: string) => `KV_${bucketName(machine)}`;

/** A key may hold what a subject may not. */
export const subjectOf = (machine: string, { kind, key }: DocumentPlace) =>
  `$KV.${bucketName(machine)}.${kind}.${Buffer.from(key).toString("base64url")}`;

/** Undefined where somebody else has written under another name. */
export function placeOf(machine: string, subject: string): DocumentPlace | undefined {
  const [kind = "", encoded = ""] = subject.slice(`$KV.${bucketName(machine)}.`.length).split(".");
  const place = { kind, key: Buffer.from(encoded, "base64url").toString() };
  const isPlace = DocumentKind.safeParse(kind).success && DocumentKey.safeParse(place.key).success;
  return isPlace && subjectOf(machine, place) === subject ? place : undefined;
}

/** Makes it when it is missing. @returns whether it was */
export async function ensureBucket(jsm: JetStreamManager, machine: string): Promise<boolean> {
  const name = bucketStream(machine);
  try {
    await jsm.streams.info(name);
    return false;
  } catch (error) {
    if (!isNoStream(error)) throw error;
  }
  await jsm.streams.add({
    name,
    subjects: [`$KV.${bucketName(machine)}.>`],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_bytes: maxBytes,
    max_msgs_per_subject: 1,
    num_replicas: 1,
    // As every KV bucket has it, so that `nats kv` reads this one.
    allow_rollup_hdrs: true,
    deny_delete: true,
    allow_direct: true,
  });
  return true;
}

/** @param expectedSeq of the message that it replaces; 0: there is none. A hub and its successor would overwrite each other without it. */
export async function putDocument(
  js: JetStreamClient,
  machine: string,
  document: Document,
  expectedSeq: number,
  onCut: OnCut,
): Promise<Put> {
  let takeBack = () => {};
  const cut = new Promise<Put>((resolve) => {
    takeBack = onCut(() => resolve({ kind: "unsure", reason: "the connection to NATS was cut" }));
  });
  const expected = headers();
  expected.set("Nats-Expected-Stream", bucketStream(machine));
  expected.set("Nats-Expected-Last-Subject-Sequence", String(expectedSeq));
  const options = { headers: expected, timeout: putTimeoutMs };
  const published = js.publish(subjectOf(machine, document), storedText(document), options).then(
    ({ seq }): Put => ({ kind: "stored", seq }),
    (error: unknown) => failureOf(machine, error),
  );
  try {
    return await Promise.race([published, cut]);
  } finally {
    takeBack();
  }
}

function failureOf(machine: string, error: unknown): Put {
  const reason = messageOf(error);
  if (isWrongSequence(error)) return { kind: "changed" };
  if (isNoResponder(error)) return { kind: "no-stream", reason };
  const full = whyFull(error, bucketStream(machine));
  return full === undefined ? { kind: "unsure", reason } : { kind: "full", reason: full };
}

/** What stands there at this moment. */
export async function lastAt(
  jsm: JetStreamManager,
  machine: string,
  place: DocumentPlace,
): Promise<{ seq: number; text: string } | undefined> {
  try {
    const { seq, data } = await jsm.streams.getMessage(bucketStream(machine), {
      last_by_subj: subjectOf(machine, place),
    });
    return { seq, text: Buffer.from(data).toString() };
  } catch (error) {
    if (isNoMessage(error)) return undefined;
    throw error;
  }
}
