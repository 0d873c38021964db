import fc from "fast-check";
import { expect, it } from "vitest";
import { parseExposition } from "../../../../../hub/core/exposition/parse.ts";
import { delimitedToText } from "../../../../../hub/core/exposition/protobuf/delimited.ts";
import { prepareBody } from "../../../../../hub/core/fold/prepare.ts";
import { family } from "../arbitrary-family.ts";
import { delimited, double, encodeFamilies, part, varint, whole } from "./encode.ts";
import { goClientBody } from "./go-client-body.ts";

const maxTextBytes = 4 * 1024 * 1024;
const families = fc.uniqueArray(family, { maxLength: 4, selector: ({ name }) => name });
const toText = (bytes: Buffer) => delimitedToText(bytes, maxTextBytes);

/** Fields of every wire type that no message has, groups inside groups included. */
const unknownFields = Buffer.concat([
  whole(99, 2n ** 64n - 1n),
  double(100, 1),
  part(101, "what a later version says"),
  Buffer.concat([varint(102 * 8 + 5), Buffer.alloc(4)]),
  Buffer.concat([varint(103 * 8 + 3), whole(1, 7), varint(1 * 8 + 3), varint(1 * 8 + 4), varint(103 * 8 + 4)]),
  // Known numbers with a wire type that they do not have.
  double(6, 1),
]);

it("what a client encodes comes out as text that reads as the same families, unknown fields or not", () => {
  fc.assert(
    fc.property(families, fc.boolean(), (all, withUnknown) => {
      const decoded = toText(encodeFamilies(all, withUnknown ? { unknown: unknownFields } : {}));
      expect(decoded.ok && parseExposition(decoded.text)).toEqual({ ok: true, families: all });
    }),
    { numRuns: 200 },
  );
});

it("a body of Go's client gives the text that its metrics have", () => {
  expect(toText(goClientBody)).toEqual({
    ok: true,
    text: `# HELP left Left.
# TYPE left untyped
left -0.25
# HELP native_seconds Time, natively.
# TYPE native_seconds histogram
native_seconds_bucket{le="+Inf"} 2
native_seconds_sum 3.5
native_seconds_count 2
# HELP runs_total Runs, "good" or bad.\\nSecond line.
# TYPE runs_total counter
runs_total{result="b\\\\a\\"d ü"} 1
runs_total{result="good"} 3
# HELP size_bytes Size.
# TYPE size_bytes gauge
size_bytes 1.2345675e+06
# HELP took_seconds Time.
# TYPE took_seconds histogram
took_seconds_bucket{le="0.1"} 0
took_seconds_bucket{le="1"} 1
took_seconds_bucket{le="10"} 1
took_seconds_bucket{le="+Inf"} 2
took_seconds_sum 20.5
took_seconds_count 2
# HELP wait_seconds Wait.
# TYPE wait_seconds summary
wait_seconds{quantile="0.5"} 2
wait_seconds{quantile="0.99"} 2
wait_seconds_sum 2
wait_seconds_count 1
`,
  });
});

it("of a body of Go's client that was cut off anywhere, only whole messages are ever taken", () => {
  const ends = new Set([0]);
  for (let at = 0; at < goClientBody.length; ) {
    // Lengths here take one byte below 128, else two.
    const first = goClientBody[at] ?? 0;
    at += first < 128 ? 1 + first : 2 + (first & 127) + (goClientBody[at + 1] ?? 0) * 128;
    ends.add(at);
  }
  expect(ends.size).toBe(7);
  for (let length = 0; length <= goClientBody.length; length++) {
    expect([length, toText(goClientBody.subarray(0, length)).ok]).toEqual([length, ends.has(length)]);
  }
});

it("whatever bytes come, the answer is a text within its bound or a reason, and never an exception", () => {
  // Damage is what matters here, so the bodies that it is done to are made once.
  const bodies = [goClientBody, ...fc.sample(families, { seed: 7, numRuns: 30 }).map((all) => encodeFamilies(all))];
  const damaged = fc
    .tuple(fc.constantFrom(...bodies), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(2))
    .map(([body, changes, how]) => {
      const bytes = Buffer.from(body);
      for (const [where, byte] of changes) if (bytes.length > 0) bytes[where % bytes.length] = byte;
      return how === 0 ? Buffer.concat([bytes, bytes]) : bytes;
    });
  const anything = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(damaged, anything), (bytes) => {
      const decoded = delimitedToText(bytes, 1_000);
      if (!decoded.ok) {
        expect(decoded.reason).not.toBe("");
        return;
      }
      expect(Buffer.byteLength(decoded.text)).toBeLessThanOrEqual(1_000);
      // The text may hold what is refused later, and there too as a value.
      expect(() => prepareBody([["job", "a"]], decoded.text)).not.toThrow();
    }),
    { numRuns: 5_000 },
  );
});

const gauge = (name: string, ...fields: Buffer[]) =>
  delimited(Buffer.concat([part(1, name), whole(3, 1), part(4, Buffer.concat([part(2, double(1, 1)), ...fields]))]));
const label = (name: string | Buffer, value: string | Buffer) =>
  part(1, Buffer.concat([part(1, name), part(2, value)]));
const histogram = (...fields: Buffer[]) =>
  delimited(Buffer.concat([part(1, "h"), whole(3, 4), part(4, part(7, Buffer.concat(fields)))]));

it.each<[string, Buffer, string]>([
  [
    "a length of 2^40 bytes",
    Buffer.concat([varint(2n ** 40n), Buffer.alloc(10)]),
    "ends inside a part of 1099511627776",
  ],
  ["a length of 2^64 bytes", varint(2n ** 64n), "a number has more than 64 bits"],
  ["a length of eleven bytes", Buffer.alloc(11, 0x80), "a number has more than 64 bits"],
  ["a length without its message", varint(5), "ends inside a part of 5 bytes"],
  ["field 0", delimited(Buffer.from([0, 0])), "the field number 0 does not exist"],
  ["wire type 7", delimited(Buffer.from([15])), "wire type 7, which does not exist"],
  ["the end of a group that did not begin", delimited(Buffer.from([12])), "field 1 ends a group that did not begin"],
  ["33 groups inside each other", delimited(Buffer.alloc(33, 11)), "more than 32 groups are nested"],
  ["a message without a name", delimited(part(4, Buffer.alloc(0))), 'not a metric name: ""'],
  ["a name with a line feed", gauge("a 1\nb"), 'not a metric name: "a 1\\nb"'],
  ["a name of UTF-8", gauge("größe"), "not a metric name"],
  ["a name that is not UTF-8", delimited(part(1, Buffer.from([0xff]))), "a metric name is not UTF-8"],
  ["a label name with a quote", gauge("a", label('x="1",y', "1")), "which is no label name"],
  ["an empty label name", gauge("a", label("", "1")), 'the label "", which is no label name'],
  ["the label __name__", gauge("a", label("__name__", "b")), "the label name __name__ is reserved"],
  ["a label twice", gauge("a", label("x", "1"), label("x", "2")), "a has the label x twice"],
  ["a label value that is not UTF-8", gauge("a", label("x", Buffer.from([0xc3]))), "the value of x is not UTF-8"],
  ["a timestamp", gauge("a", whole(6, 0)), "may have no timestamp, a has one"],
  [
    "a gauge that holds a counter",
    delimited(Buffer.concat([part(1, "a"), whole(3, 1), part(4, part(3, double(1, 1)))])),
    "a is a gauge, but",
  ],
  [
    "a type that is none",
    delimited(Buffer.concat([part(1, "a"), whole(3, 9), part(4, part(2, double(1, 1)))])),
    "a is of type 9",
  ],
  [
    "a gauge histogram",
    delimited(Buffer.concat([part(1, "a"), whole(3, 5)])),
    "a is of type 5, which the text format does not have",
  ],
  ["a family twice", Buffer.concat([gauge("a"), gauge("a")]), "message 2 of the protobuf body: a has come before"],
  ["a bucket at NaN", histogram(part(3, double(2, Number.NaN))), "h has a bucket or quantile NaN"],
  ["a count in fractions", histogram(double(4, 0.5)), "h counts in fractions"],
  ["a bucket in fractions", histogram(part(3, double(4, 0.5))), "h counts in fractions"],
])("%s is refused with the reason", (_, bytes, reason) => {
  expect(toText(bytes)).toEqual({ ok: false, tooLarge: false, reason: expect.stringContaining(reason) });
});

it("a histogram's own label le is refused, and another metric's is not", () => {
  const withLabel = Buffer.concat([label("le", "1"), part(7, Buffer.alloc(0))]);
  const own = delimited(Buffer.concat([part(1, "h"), whole(3, 4), part(4, withLabel)]));
  expect(toText(own)).toMatchObject({ ok: false, reason: expect.stringContaining("may not have the label le") });
  expect(toText(gauge("a", label("le", "1")))).toEqual({ ok: true, text: '# TYPE a gauge\na{le="1"} 1\n' });
});

it("counts of 64 bits are the nearest double", () => {
  const text = (count: bigint) => {
    const decoded = toText(histogram(whole(1, count)));
    return decoded.ok && Number(/h_count (\S+)/.exec(decoded.text)?.[1]);
  };
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (count) => {
      expect(text(count)).toBe(Number(count));
    }),
  );
  expect(text(2n ** 53n + 1n)).toBe(2 ** 53);
});

it("1 MB that would become a text of 100 GB is refused before the text is made", () => {
  const name = "n".repeat(200_000);
  const bucket = part(3, double(2, 1));
  const long = delimited(
    Buffer.concat([part(1, name), whole(3, 4), part(4, part(7, Buffer.concat(Array(70_000).fill(bucket))))]),
  );
  expect(toText(long)).toEqual({ ok: false, tooLarge: true, reason: "the body is longer than 4194304 bytes as text" });
});
