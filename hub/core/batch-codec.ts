/**
 * A batch as the bytes of one JetStream message: a line of JSON, and behind it the bodies of its pushes as they came. Bodies are
 * most of the bytes, and as JSON strings every quote and line feed in them would be written and read twice.
 */
import { z } from "zod";
import { Alert, Batch, HealthChange, Push, type RecordBody } from "./record.ts";
import { safeJson } from "./safe-json.ts";

const FramedPush = Push.omit({ body: true }).extend({
  /** Length of its body, in UTF-8. */
  bytes: z.number().int().nonnegative(),
});

const Head = Batch.omit({ v: true, records: true }).extend({
  v: z.literal(2),
  records: z.array(z.discriminatedUnion("kind", [FramedPush, HealthChange, Alert])).min(1),
});
type Head = z.infer<typeof Head>;

const newline = 10;

export function encodeBatch({ origin, incarnation, firstSeq, records }: Batch): Buffer {
  const bodies: Buffer[] = [];
  const framed = records.map((record): Head["records"][number] => {
    if (record.kind !== "push") return record;
    const { body, ...push } = record;
    const bytes = Buffer.from(body);
    bodies.push(bytes);
    return { ...push, bytes: bytes.length };
  });
  const head: Head = { v: 2, origin, incarnation, firstSeq, records: framed };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...bodies]);
}

/** Undefined when the bytes are no batch. A batch of version 1, which is JSON throughout, is read too. */
export function decodeBatch(data: Uint8Array): Batch | undefined {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const headEnd = bytes.indexOf(newline);
  const head = Head.safeParse(safeJson(headEnd < 0 ? bytes : bytes.subarray(0, headEnd)));
  if (!head.success) return decodeV1(bytes);
  let at = headEnd + 1;
  const records = head.data.records.map((record): RecordBody => {
    if (record.kind !== "push") return record;
    const { bytes: length, ...push } = record;
    at += length;
    return { ...push, body: bytes.toString("utf8", at - length, at) };
  });
  const { origin, incarnation, firstSeq } = head.data;
  return headEnd >= 0 && at === bytes.length ? { v: 1, origin, incarnation, firstSeq, records } : undefined;
}

function decodeV1(bytes: Buffer): Batch | undefined {
  const parsed = Batch.safeParse(safeJson(bytes));
  return parsed.success ? parsed.data : undefined;
}
