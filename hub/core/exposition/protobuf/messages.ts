/** The messages of `io.prometheus.client` as they lie on the wire, without what the text format cannot carry. */
import type { Distribution } from "../family.ts";
import { delimited, fixed64, tag, varint, type WireReader } from "./wire.ts";

/** One metric with whatever values it came with; which of them counts is its family's type to say. */
export interface WireMetric {
  /** Names and values by turns. */
  labels: string[];
  gauge?: number;
  counter?: number;
  untyped?: number;
  summary?: Distribution;
  histogram?: Distribution;
  /** It has a time of its own, which no push may have. */
  timed?: true;
  /** The histogram counts in fractions, which the text format cannot carry. */
  fractional?: true;
}

export interface WireFamily {
  name: string;
  help: string | undefined;
  /** Number of the type in the enum; 0, a counter, when the message does not say. */
  type: number;
  metrics: WireMetric[];
}

/** A field that comes twice is taken as protobuf does: the last of a value, the sum of its parts for a message. */
export function readFamily(wire: WireReader): WireFamily {
  const family: WireFamily = { name: "", help: undefined, type: 0, metrics: [] };
  while (!wire.done) {
    const field = wire.tag();
    if (field === tag(1, delimited)) family.name = wire.text("a metric name");
    else if (field === tag(2, delimited)) family.help = wire.text(`the help of ${family.name}`);
    else if (field === tag(3, varint)) family.type = wire.varint();
    else if (field === tag(4, delimited)) family.metrics.push(readMetric(wire.message()));
    else wire.skip(field);
  }
  return family;
}

function readMetric(wire: WireReader): WireMetric {
  const metric: WireMetric = { labels: [] };
  while (!wire.done) {
    const field = wire.tag();
    if (field === tag(1, delimited)) readLabel(wire.message(), metric.labels);
    else if (field === tag(2, delimited)) metric.gauge = readValue(wire.message(), metric.gauge);
    else if (field === tag(3, delimited)) metric.counter = readValue(wire.message(), metric.counter);
    else if (field === tag(4, delimited)) metric.summary = readSummary(wire.message(), metric.summary);
    else if (field === tag(5, delimited)) metric.untyped = readValue(wire.message(), metric.untyped);
    else if (field === tag(7, delimited)) readHistogram(wire.message(), metric);
    else if (field === tag(6, varint)) {
      wire.varint();
      metric.timed = true;
    } else wire.skip(field);
  }
  return metric;
}

function readLabel(wire: WireReader, labels: string[]): void {
  let name = "";
  let value = "";
  while (!wire.done) {
    const field = wire.tag();
    if (field === tag(1, delimited)) name = wire.text("a label name");
    else if (field === tag(2, delimited)) value = wire.text(`the value of ${name || "a label"}`);
    else wire.skip(field);
  }
  labels.push(name, value);
}

/** A gauge, a counter or an untyped one: each has its number in field 1. */
function readValue(wire: WireReader, before = 0): number {
  let value = before;
  while (!wire.done) {
    const field = wire.tag();
    if (field === tag(1, fixed64)) value = wire.double();
    else wire.skip(field);
  }
  return value;
}

function readSummary(wire: WireReader, before: Distribution | undefined): Distribution {
  const summary = before ?? { points: [], sum: 0, count: 0 };
  while (!wire.done) {
    const field = wire.tag();
    if (field === tag(1, varint)) summary.count = wire.varint();
    else if (field === tag(2, fixed64)) summary.sum = wire.double();
    else if (field === tag(3, delimited)) summary.points.push(...readQuantile(wire.message()));
    else wire.skip(field);
  }
  return summary;
}

function readQuantile(wire: WireReader): [quantile: number, value: number] {
  let quantile = 0;
  let value = 0;
  while (!wire.done) {
    const field = wire.tag();
    if (field === tag(1, fixed64)) quantile = wire.double();
    else if (field === tag(2, fixed64)) value = wire.double();
    else wire.skip(field);
  }
  return [quantile, value];
}

/** The classic buckets; those of a native histogram are passed over, as in a Pushgateway's text. */
function readHistogram(wire: WireReader, metric: WireMetric): void {
  metric.histogram ??= { points: [], sum: 0, count: 0 };
  const { histogram } = metric;
  while (!wire.done) {
    const field = wire.tag();
    if (field === tag(1, varint)) histogram.count = wire.varint();
    else if (field === tag(2, fixed64)) histogram.sum = wire.double();
    else if (field === tag(3, delimited)) readBucket(wire.message(), metric, histogram);
    else if (field === tag(4, fixed64)) {
      if (wire.double() !== 0) metric.fractional = true;
    } else wire.skip(field);
  }
}

function readBucket(wire: WireReader, metric: WireMetric, { points }: Distribution): void {
  let bound = 0;
  let count = 0;
  while (!wire.done) {
    const field = wire.tag();
    if (field === tag(1, varint)) count = wire.varint();
    else if (field === tag(2, fixed64)) bound = wire.double();
    else if (field === tag(4, fixed64)) {
      if (wire.double() !== 0) metric.fractional = true;
    } else wire.skip(field);
  }
  points.push(bound, count);
}
