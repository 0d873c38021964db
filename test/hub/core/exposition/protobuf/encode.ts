/** Writes families as delimited protobuf messages, as a client does that knows the format and nothing of the hub. */
import type { Family, Metric, MetricType } from "../../../../../hub/core/exposition/family.ts";

const typeNumbers: Record<MetricType, number> = { counter: 0, gauge: 1, summary: 2, untyped: 3, histogram: 4 };
const valueFields = { gauge: 2, counter: 3, summary: 4, untyped: 5, histogram: 7 } as const;

export const contentType =
  "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

export interface EncodeOptions {
  /** Put at the end of every message, as a later version of the format might. @default nothing */
  unknown?: Buffer;
}

export function encodeFamilies(families: readonly Family[], { unknown = Buffer.alloc(0) }: EncodeOptions = {}): Buffer {
  return Buffer.concat(families.map((family) => delimited(encodeFamily(family, unknown))));
}

/** With its length in front. */
export const delimited = (message: Buffer) => Buffer.concat([varint(message.length), message]);

/** A field that holds a message or a text. */
export const part = (field: number, content: Buffer | string) =>
  Buffer.concat([varint(field * 8 + 2), delimited(Buffer.from(content))]);

/** A field that holds a whole number. */
export const whole = (field: number, value: number | bigint) => Buffer.concat([varint(field * 8), varint(value)]);

/** A field that holds a double. */
export function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(field * 8 + 1), bytes]);
}

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function encodeFamily({ name, help, type, metrics }: Family, unknown: Buffer): Buffer {
  return Buffer.concat([
    part(1, name),
    help === undefined ? Buffer.alloc(0) : part(2, help),
    whole(3, typeNumbers[type]),
    ...metrics.map((metric) => part(4, encodeMetric(type, metric, unknown))),
    unknown,
  ]);
}

function encodeMetric(type: MetricType, { labels, value, distribution }: Metric, unknown: Buffer): Buffer {
  const pairs: Buffer[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    pairs.push(part(1, Buffer.concat([part(1, labels[i] ?? ""), part(2, labels[i + 1] ?? ""), unknown])));
  }
  const parts = [double(1, value)];
  if (distribution !== undefined) {
    parts.length = 0;
    const { points, sum, count } = distribution;
    parts.push(whole(1, count), double(2, sum));
    for (let i = 0; i < points.length; i += 2) {
      const [at, each] = [points[i] ?? 0, points[i + 1] ?? 0];
      const point = type === "histogram" ? [whole(1, each), double(2, at)] : [double(1, at), double(2, each)];
      parts.push(part(3, Buffer.concat([...point, unknown])));
    }
  }
  return Buffer.concat([...pairs, part(valueFields[type], Buffer.concat([...parts, unknown])), unknown]);
}
