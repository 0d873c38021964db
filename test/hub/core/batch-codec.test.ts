import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBatch, encodeBatch } from "../../../hub/core/batch-codec.ts";
import type { Batch, RecordBody } from "../../../hub/core/record.ts";

const at = { wallMs: 1, counter: 0 };
const text = fc.string({ unit: "grapheme", maxLength: 40 });
const record: fc.Arbitrary<RecordBody> = fc.oneof(
  fc.tuple(text, text).map(([job, body]): RecordBody => ({ kind: "push", at, op: "put", group: [["job", job]], body })),
  text.map(
    (reason): RecordBody => ({ kind: "health", at, machine: "m", agent: "a", from: "healthy", to: "unknown", reason }),
  ),
  text.map((message): RecordBody => ({ kind: "alert", at, severity: "urgent", name: "n", subject: "s", message })),
);
const batch: fc.Arbitrary<Batch> = fc
  .tuple(fc.array(record, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1 }))
  .map(([records, firstSeq]) => ({ v: 1, origin: "mainpc", incarnation: "i", firstSeq, records }));

describe("a batch as bytes", () => {
  it("reads back as it was written", () => {
    fc.assert(fc.property(batch, (each) => void expect(decodeBatch(encodeBatch(each))).toEqual(each)));
  });

  it("of version 1 is read too", () => {
    fc.assert(fc.property(batch, (each) => void expect(decodeBatch(Buffer.from(JSON.stringify(each)))).toEqual(each)));
  });

  it("that was cut off, or goes on, is none", () => {
    fc.assert(
      fc.property(batch, fc.nat(), (each, cut) => {
        const bytes = encodeBatch(each);
        expect(decodeBatch(bytes.subarray(0, cut % bytes.length))).toBeUndefined();
        expect(decodeBatch(Buffer.concat([bytes, Buffer.from("x")]))).toBeUndefined();
      }),
    );
  });

  it.each([
    ["a body that no bytes can carry", { body: "\ud800 1\n" }],
    [
      "a group that has a label twice",
      {
        group: [
          ["job", "a"],
          ["job", "b"],
        ],
      },
    ],
    [
      "a group that has a label of Prometheus' own",
      {
        group: [
          ["job", "a"],
          ["__name__", "b"],
        ],
      },
    ],
  ])("with %s is none", (_, change) => {
    const push = { kind: "push", at, op: "put", group: [["job", "a"]], body: "", ...change };
    const whole = { v: 1, origin: "pc2", incarnation: "i", firstSeq: 1, records: [push] };
    expect(decodeBatch(Buffer.from(JSON.stringify(whole)))).toBeUndefined();
  });

  it("whose records end where numbers cannot be told apart is none", () => {
    const push = { kind: "push", at, op: "put", group: [["job", "a"]], body: "" };
    const whole = { v: 1, origin: "pc2", incarnation: "i", firstSeq: Number.MAX_SAFE_INTEGER, records: [push, push] };
    expect(decodeBatch(Buffer.from(JSON.stringify(whole)))).toBeUndefined();
  });

  it.each(["", "\n", "{}", "{}\n", "null\nx", '{"v":2}\n', '{"v":3,"records":[]}'])("%j is none", (bytes) => {
    expect(decodeBatch(Buffer.from(bytes))).toBeUndefined();
  });
});
