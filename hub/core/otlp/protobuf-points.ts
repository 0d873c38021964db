/** The data points of OTLP's metrics as they lie on the wire. A field that comes twice is taken as protobuf does. */
import { delimited, fixed64, tag, varint, type WireReader } from "../exposition/protobuf/wire.ts";
import type { ExponentialBuckets, ExponentialPoint, HistogramPoint, NumberPoint, SummaryPoint } from "./model.ts";
import { readAttribute, readFields } from "./protobuf-common.ts";

const emptyPoint = () => ({ attributes: [], timeNanos: 0, flags: 0 });

export function readNumberPoint(wire: WireReader): NumberPoint {
  const point: NumberPoint = { ...emptyPoint(), value: undefined };
  readFields(wire, (field) => {
    if (field === tag(7, delimited)) readAttribute(wire.message(), point.attributes);
    else if (field === tag(3, fixed64)) point.timeNanos = wire.unsigned64();
    else if (field === tag(4, fixed64)) point.value = wire.double();
    else if (field === tag(6, fixed64)) point.value = wire.signed64();
    else if (field === tag(8, varint)) point.flags = wire.varint();
    else return false;
    return true;
  });
  return point;
}

export function readHistogramPoint(wire: WireReader): HistogramPoint {
  const point: HistogramPoint = { ...emptyPoint(), count: 0, sum: undefined, counts: [], bounds: [] };
  readFields(wire, (field) => {
    if (field === tag(9, delimited)) readAttribute(wire.message(), point.attributes);
    else if (field === tag(3, fixed64)) point.timeNanos = wire.unsigned64();
    else if (field === tag(4, fixed64)) point.count = wire.unsigned64();
    else if (field === tag(5, fixed64)) point.sum = wire.double();
    else if (field === tag(6, delimited)) readPacked(wire.message(), (each) => point.counts.push(each.unsigned64()));
    else if (field === tag(6, fixed64)) point.counts.push(wire.unsigned64());
    else if (field === tag(7, delimited)) readPacked(wire.message(), (each) => point.bounds.push(each.double()));
    else if (field === tag(7, fixed64)) point.bounds.push(wire.double());
    else if (field === tag(10, varint)) point.flags = wire.varint();
    else return false;
    return true;
  });
  return point;
}

export function readExponentialPoint(wire: WireReader): ExponentialPoint {
  const point: ExponentialPoint = {
    ...emptyPoint(),
    count: 0,
    sum: undefined,
    scale: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    positive: { offset: 0, counts: [] },
    negative: { offset: 0, counts: [] },
  };
  readFields(wire, (field) => {
    if (field === tag(1, delimited)) readAttribute(wire.message(), point.attributes);
    else if (field === tag(3, fixed64)) point.timeNanos = wire.unsigned64();
    else if (field === tag(4, fixed64)) point.count = wire.unsigned64();
    else if (field === tag(5, fixed64)) point.sum = wire.double();
    else if (field === tag(6, varint)) point.scale = wire.zigzag();
    else if (field === tag(7, fixed64)) point.zeroCount = wire.unsigned64();
    else if (field === tag(8, delimited)) readBuckets(wire.message(), point.positive);
    else if (field === tag(9, delimited)) readBuckets(wire.message(), point.negative);
    else if (field === tag(10, varint)) point.flags = wire.varint();
    else if (field === tag(14, fixed64)) point.zeroThreshold = wire.double();
    else return false;
    return true;
  });
  return point;
}

export function readSummaryPoint(wire: WireReader): SummaryPoint {
  const point: SummaryPoint = { ...emptyPoint(), count: 0, sum: 0, quantiles: [] };
  readFields(wire, (field) => {
    if (field === tag(7, delimited)) readAttribute(wire.message(), point.attributes);
    else if (field === tag(3, fixed64)) point.timeNanos = wire.unsigned64();
    else if (field === tag(4, fixed64)) point.count = wire.unsigned64();
    else if (field === tag(5, fixed64)) point.sum = wire.double();
    else if (field === tag(6, delimited)) readQuantile(wire.message(), point.quantiles);
    else if (field === tag(8, varint)) point.flags = wire.varint();
    else return false;
    return true;
  });
  return point;
}

function readBuckets(wire: WireReader, buckets: ExponentialBuckets): void {
  readFields(wire, (field) => {
    if (field === tag(1, varint)) buckets.offset = wire.zigzag();
    else if (field === tag(2, delimited)) readPacked(wire.message(), (each) => addCount(each, buckets));
    else if (field === tag(2, varint)) addCount(wire, buckets);
    else return false;
    return true;
  });
}

/** A count may take one byte, and becomes a line. */
function addCount(wire: WireReader, { counts }: ExponentialBuckets): void {
  wire.spend();
  counts.push(wire.varint());
}

function readQuantile(wire: WireReader, quantiles: number[]): void {
  let quantile = 0;
  let value = 0;
  readFields(wire, (field) => {
    if (field === tag(1, fixed64)) quantile = wire.double();
    else if (field === tag(2, fixed64)) value = wire.double();
    else return false;
    return true;
  });
  quantiles.push(quantile, value);
}

function readPacked(wire: WireReader, read: (each: WireReader) => void): void {
  while (!wire.done) read(wire);
}
