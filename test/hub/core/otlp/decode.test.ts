import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeJson } from "../../../../hub/core/otlp/json.ts";
import type { ExportRequest } from "../../../../hub/core/otlp/model.ts";
import { decodeProtobuf } from "../../../../hub/core/otlp/protobuf.ts";
import { double, part, varint, whole } from "../exposition/protobuf/encode.ts";
import { type SdkBody, sdkBodies, sdkMetrics } from "./sdk-bodies.ts";

let bodies: { protobuf: SdkBody; json: SdkBody };
beforeAll(async () => {
  bodies = await sdkBodies(await sdkMetrics());
});

const request = (bytes: Uint8Array): ExportRequest => {
  const decoded = decodeProtobuf(bytes);
  return decoded.ok ? decoded.request : expect.unreachable(decoded.reason);
};

const json = (value: unknown) => decodeJson(Buffer.from(JSON.stringify(value)));
const withAttribute = (value: unknown) =>
  json({ resourceMetrics: [{ resource: { attributes: [{ key: "k", value }] } }] });
const attributesOf = (bytes: Buffer) => request(part(1, part(1, part(1, bytes)))).resources[0]?.attributes;

describe("what the SDK sends", () => {
  it("says the same as protobuf and as JSON", () => {
    const asJson = decodeJson(bodies.json.bytes);
    expect(bodies.protobuf.headers["content-type"]).toBe("application/x-protobuf");
    expect(bodies.json.headers["content-type"]).toBe("application/json");
    expect(asJson).toEqual({ ok: true, request: request(bodies.protobuf.bytes) });
  });

  it("is read whole", () => {
    const [resource, ...others] = request(bodies.protobuf.bytes).resources;
    expect(others).toEqual([]);
    expect(resource?.attributes.slice(8, 10)).toEqual(["process.pid", "4242"]);
    expect(resource?.attributes.slice(-2)).toEqual(["tags", '["a","b\\"c"]']);
    const [lessons, other] = resource?.scopes ?? [];
    expect(lessons).toMatchObject({ name: "tutor.lessons", version: "1.2.3" });
    expect(lessons?.metrics.map(({ name, data }) => [name, data?.kind])).toEqual([
      ["lessons", "sum"],
      ["pupils", "sum"],
      ["temperature", "gauge"],
      ["lesson.duration", "histogram"],
    ]);
    expect(lessons?.metrics[0]?.data).toMatchObject({
      temporality: 2,
      monotonic: true,
      points: [
        { value: 3, attributes: ["topic", "über", "is.live", "true", "level", "2", "share", "0.5"] },
        { value: 4 },
      ],
    });
    expect(lessons?.metrics[1]?.data).toMatchObject({ monotonic: false, points: [{ value: -2 }] });
    expect(lessons?.metrics[3]?.data?.points).toMatchObject([
      { count: 4, sum: 100.25, bounds: [0.1, 1, 10], counts: [1, 2, 0, 1] },
    ]);
    expect(other?.metrics[0]?.data).toMatchObject({ kind: "exponential", points: [{ count: 5, zeroCount: 1 }] });
  });

  it("is refused when it was cut off anywhere, in either encoding", () => {
    const { protobuf, json: text } = bodies;
    for (let length = 1; length < protobuf.bytes.length; length++) {
      expect(decodeProtobuf(protobuf.bytes.subarray(0, length)).ok, `${length} bytes`).toBe(false);
    }
    for (let length = 0; length < text.bytes.length; length += 7) {
      expect(decodeJson(text.bytes.subarray(0, length)).ok, `${length} bytes`).toBe(false);
    }
  });

  it("with bytes changed anywhere is read or refused, and nothing is thrown", () => {
    const change = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(change, fc.constantFrom("protobuf" as const, "json" as const), (changes, which) => {
        const bytes = Buffer.from(bodies[which].bytes);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const decoded = which === "json" ? decodeJson(bytes) : decodeProtobuf(bytes);
        if (!decoded.ok) expect(decoded.reason).not.toBe("");
      }),
      { numRuns: 1_000 },
    );
  });
});

it("random bytes are read or refused, and nothing is thrown", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (drawn) => {
      const bytes = Buffer.from(drawn);
      for (const decoded of [decodeProtobuf(bytes), decodeJson(bytes)])
        if (!decoded.ok) expect(decoded.reason).not.toBe("");
      // The same where there is more depth: as the attributes, the scope, and each kind of metric.
      const nested = [part(1, part(1, bytes)), part(1, part(2, bytes)), ...[5, 7, 9, 10, 11].map((field) => part(1, part(2, part(2, part(field, part(1, bytes))))))]; // biome-ignore format: a list of depths
      for (const each of nested) decodeProtobuf(each);
    }),
    { numRuns: 1_000 },
  );
});

it("random JSON is read or refused, and nothing is thrown", () => {
  const odd = fc.anything({ maxDepth: 6, key: fc.constantFrom("resourceMetrics", "resource", "scopeMetrics", "metrics", "attributes", "value", "arrayValue", "values", "sum", "dataPoints", "asInt") }); // biome-ignore format: a list of keys
  fc.assert(
    fc.property(odd, (value) => {
      const decoded = decodeJson(Buffer.from(JSON.stringify(value) ?? "null"));
      if (!decoded.ok) expect(decoded.reason).not.toBe("");
    }),
    { numRuns: 1_000 },
  );
});

it("an empty body is a request without metrics as protobuf, and none as JSON", () => {
  expect(decodeProtobuf(Buffer.alloc(0))).toEqual({ ok: true, request: { resources: [] } });
  expect(decodeJson(Buffer.alloc(0))).toEqual({ ok: false, tooLarge: false, reason: "the body is no JSON" });
  expect(json({})).toEqual({ ok: true, request: { resources: [] } });
});

it.each<[string, unknown, Buffer, string]>([
  ["a text", { stringValue: "é" }, part(1, "é"), "é"],
  ["true", { boolValue: true }, whole(2, 1), "true"],
  ["false", { boolValue: false }, whole(2, 0), "false"],
  ["the least of 64 bits", { intValue: "-9223372036854775808" }, whole(3, 2n ** 63n), "-9223372036854775808"],
  ["minus one", { intValue: -1 }, whole(3, 2n ** 64n - 1n), "-1"],
  ["a double", { doubleValue: 0.5 }, double(4, 0.5), "0.5"],
  ["NaN", { doubleValue: "NaN" }, double(4, Number.NaN), "NaN"],
  ["bytes", { bytesValue: "AP8=" }, part(7, Buffer.from([0, 255])), "AP8="],
  [
    "a list",
    { arrayValue: { values: [{ stringValue: "a" }, { intValue: "1" }, { doubleValue: "Infinity" }, {}] } },
    part(5, Buffer.concat([part(1, part(1, "a")), part(1, whole(3, 1)), part(1, double(4, Number.POSITIVE_INFINITY)), part(1, "")])), // biome-ignore format: a list
    '["a",1,"Infinity",null]',
  ],
  [
    "a map",
    { kvlistValue: { values: [{ key: "a", value: { boolValue: true } }] } },
    part(6, part(1, Buffer.concat([part(1, "a"), part(2, whole(2, 1))]))),
    '{"a":true}',
  ],
  ["nothing", {}, Buffer.alloc(0), ""],
])("%s as an attribute has the same text in both encodings", (_, value, bytes, text) => {
  expect(attributesOf(Buffer.concat([part(1, "k"), part(2, bytes)]))).toEqual(["k", text]);
  expect(withAttribute(value)).toMatchObject({ ok: true, request: { resources: [{ attributes: ["k", text] }] } });
});

it("lists in lists are read to a depth of 16, and refused beyond it in both encodings", () => {
  const nested = (depth: number) => {
    // By hand: what writes JSON is no deeper than its stack.
    const value = `${'{"arrayValue":{"values":['.repeat(depth)}{"intValue":"1"}${"]}}".repeat(depth)}`;
    const text = `{"resourceMetrics":[{"resource":{"attributes":[{"key":"k","value":${value}}]}}]}`;
    let bytes = whole(3, 1);
    for (let i = 0; i < depth; i++) bytes = part(5, part(1, bytes));
    return [decodeProtobuf(part(1, part(1, part(1, part(2, bytes))))), decodeJson(Buffer.from(text))];
  };
  expect(nested(16)).toMatchObject([{ ok: true }, { ok: true }]);
  const tooDeep = { ok: false, reason: expect.stringContaining("deeper than 16") };
  expect([...nested(17), ...nested(2_000)]).toMatchObject([tooDeep, tooDeep, tooDeep, tooDeep]);
  const farthest = "[".repeat(2_000_000);
  expect(decodeJson(Buffer.from(farthest)).ok).toBe(false);
  expect(decodeJson(Buffer.from(`${farthest}${"]".repeat(2_000_000)}`)).ok).toBe(false);
});

it("a body of more parts than 200000 is refused as too large, in either encoding, before much is made of it", () => {
  const tooLarge = { ok: false, tooLarge: true, reason: expect.stringContaining("more than 200000 points") };
  const points = (count: number) => part(1, part(2, part(2, part(5, Buffer.alloc(2 * count, part(1, ""))))));
  // Resource, scope, metric and gauge are parts too.
  expect(request(points(199_996)).resources[0]?.scopes[0]?.metrics[0]?.data?.points).toHaveLength(199_996);
  expect(decodeProtobuf(points(199_997))).toEqual(tooLarge);
  const buckets = part(8, part(2, Buffer.alloc(250_000, 1)));
  expect(decodeProtobuf(part(1, part(2, part(2, part(10, part(1, buckets))))))).toEqual(tooLarge);
  const text = (what: string) =>
    decodeJson(
      Buffer.from(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[${what}]}}]}]}]}`),
    );
  expect(text(Array(200_001).fill("{}").join())).toEqual(tooLarge);
  expect(text(`{"attributes":[${Array(900_000).fill("0").join()}]}`)).toEqual(tooLarge);
});

it("numbers come packed or one by one, and a whole one beyond 2^53 as the nearest double", () => {
  const fixed = (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
    return bytes;
  };
  const one = (field: number, value: bigint) => Buffer.concat([varint(field * 8 + 1), fixed(value)]);
  const metric = (field: number, point: Buffer) => part(1, part(2, part(2, part(field, part(1, point)))));
  const data = (bytes: Buffer) => request(bytes).resources[0]?.scopes[0]?.metrics[0]?.data;
  const packed = Buffer.concat([part(6, Buffer.concat([fixed(1n), fixed(2n)])), one(6, 2n ** 63n + 1n)]);
  expect(data(metric(9, packed))).toMatchObject({ points: [{ counts: [1, 2, 2 ** 63] }] });
  expect(data(metric(7, one(6, -5n)))).toMatchObject({ points: [{ value: -5 }] });
  expect(data(metric(7, one(6, -(2n ** 63n))))).toMatchObject({ points: [{ value: -(2 ** 63) }] });
  const buckets = Buffer.concat([whole(1, 3), part(2, Buffer.concat([varint(1), varint(300)])), whole(2, 7)]);
  expect(data(metric(10, Buffer.concat([whole(6, 5), part(8, buckets)])))).toMatchObject({
    points: [{ scale: -3, positive: { offset: -2, counts: [1, 300, 7] } }],
  });
});

it("JSON's whole numbers of 64 bits may be numbers, of which those beyond 2^53 are the nearest double, as they are as text", () => {
  const body = (quote: string) => {
    const whole = (digits: string) => `${quote}${digits}${quote}`;
    const time = `"timeUnixNano":${whole("1700000000123456789")}`;
    const numbers = ["9007199254740993", "-9223372036854775808", "7"].map((each) => `{${time},"asInt":${whole(each)}}`);
    const count = whole("18446744073709551615");
    const histogram = `{${time},"count":${count},"bucketCounts":[${count},${whole("0")}],"explicitBounds":[1]}`;
    const metrics = `{"gauge":{"dataPoints":[${numbers.join()}]}},{"histogram":{"dataPoints":[${histogram}]}}`;
    return decodeJson(Buffer.from(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[${metrics}]}]}]}`));
  };
  const asNumbers = body("");
  expect(asNumbers).toEqual(body('"'));
  const [gauge, histogram] = asNumbers.ok ? (asNumbers.request.resources[0]?.scopes[0]?.metrics ?? []) : [];
  const timeNanos = Number(1_700_000_000_123_456_789n);
  expect(gauge?.data?.points).toMatchObject([
    { timeNanos, value: 2 ** 53 },
    { timeNanos, value: -(2 ** 63) },
    { timeNanos, value: 7 },
  ]);
  expect(histogram?.data?.points).toMatchObject([{ timeNanos, count: 2 ** 64, counts: [2 ** 64, 0] }]);
});

it.each(["1e19", "-1e19", "1e999", "0.5", '"99999999999999999999"', "true"])("an asInt of %s is refused", (text) => {
  const point = `{"dataPoints":[{"asInt":${text}}]}`;
  const decoded = decodeJson(Buffer.from(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":${point}}]}]}]}`));
  expect(decoded).toMatchObject({ ok: false, reason: expect.stringContaining("dataPoints.0.asInt") });
});

it("a body of hundreds of thousands of flaws is refused as any other", () => {
  const body = (metric: unknown) => json({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] });
  const points = body({ gauge: { dataPoints: Array(190_000).fill({ asInt: "x" }) } });
  expect(points).toEqual({ ok: false, tooLarge: false, reason: expect.stringMatching(/./) });
  // Of a list the first one is named, and no more is made of the others.
  const counts = body({ histogram: { dataPoints: [{ bucketCounts: ["1", 2, ...Array(799_000).fill("x")] }] } });
  const where = "resourceMetrics.0.scopeMetrics.0.metrics.0.histogram.dataPoints.0.bucketCounts.2";
  expect(counts).toEqual({ ok: false, tooLarge: false, reason: `${where}: no count of 64 bits` });
  const none = body({ histogram: { dataPoints: [{ explicitBounds: 1 }] } });
  expect(none).toMatchObject({ ok: false, reason: expect.stringContaining("dataPoints.0.explicitBounds: no number") });
});

it.each([
  ["a count below 0", { count: "-1" }],
  ["a count of 65 bits", { count: "36893488147419103232" }],
  ["a bound that is none", { explicitBounds: ["one"] }],
  ["a count that is no whole number", { bucketCounts: [0.5] }],
  ["an attribute with half a character", { attributes: [{ key: "\ud800" }] }],
])("%s is refused, with where it stands or why", (_, point) => {
  const decoded = json({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ histogram: { dataPoints: [point] } }] }] }],
  });
  expect(decoded).toMatchObject({ ok: false, reason: expect.stringMatching(/resourceMetrics\.0\.scope|well-formed/) });
});
