import fc from "fast-check";
import { compress, uncompress } from "snappyjs";
import { expect, it } from "vitest";
import { WireReader } from "../../../../hub/core/exposition/protobuf/wire.ts";
import { encodeLabels, endsOf, WriteRequest } from "../../../../hub/core/remote-write/write-request.ts";
import { readRequest } from "./read-request.ts";

const name = fc.stringMatching(/^[a-z_]{1,12}$/);
const label = fc.tuple(name, fc.string({ unit: "grapheme", maxLength: 400 }));
const sample = fc.record({
  labels: fc.uniqueArray(label, { maxLength: 12, selector: ([each]) => each }),
  value: fc.double(),
  atMs: fc.integer({ min: 0, max: 2 ** 52 }),
});

it("what was written is read back, also after it was compressed, whatever labels, values and times are", () => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 30 }), (samples) => {
      const request = new WriteRequest();
      for (const { labels, value, atMs } of samples) request.add({ labels: encodeLabels(labels), value, atMs });
      expect(request.samples).toBe(samples.length);
      const bytes = request.take();
      expect(uncompress(compress(bytes))).toEqual(bytes);
      const read = readRequest(new WireReader(bytes));
      expect(read.map(({ labels, samples: [only, ...more] }) => [labels, only?.value, only?.atMs, more])).toEqual(
        samples.map(({ labels, value, atMs }) => [Object.fromEntries(labels), value, atMs, []]),
      );
      const ended = readRequest(new WireReader(endsOf(bytes)));
      expect(ended.map(({ labels, samples: [only] }) => [labels, only?.atMs])).toEqual(
        samples.map(({ labels, atMs }) => [Object.fromEntries(labels), atMs]),
      );
      expect(ended.every(({ samples: [only] }) => only?.bits === 0x7ff0000000000002n)).toBe(true);
      expect([request.samples, request.take().length]).toEqual([0, 0]);
    }),
    { examples: [[[{ labels: [["__proto__", ""]], value: 0, atMs: 0 }]]] },
  );
});

it("writes, byte for byte, what protobuf has for one sample, and for one before 1970", () => {
  const hex = (value: number | "stale", atMs: number) => {
    const request = new WriteRequest();
    request.add({ labels: encodeLabels([["__name__", "up"]]), value, atMs });
    return Buffer.from(request.take()).toString("hex");
  };
  // As protoc encodes it: series { label { name: "__name__" value: "up" } sample { value: 1 timestamp: 300 } }.
  expect(hex(1, 300)).toBe(`0a1e${"0a0e0a085f5f6e616d655f5f12027570"}120c09000000000000f03f10ac02`);
  expect(hex(1, -1)).toBe(`0a26${"0a0e0a085f5f6e616d655f5f12027570"}121409000000000000f03f10ffffffffffffffffff01`);
});

it("an end is the NaN 0x7ff0000000000002, which no calculation gives", () => {
  const request = new WriteRequest();
  request.add({ labels: encodeLabels([]), value: "stale", atMs: 1 });
  const bytes = Buffer.from(request.take());
  expect(bytes.toString("hex")).toContain("09020000000000f07f");
});
