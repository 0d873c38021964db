/**
 * Reads a push's body of delimited protobuf messages, which is what Go's client sends, and writes it as text, so that
 * records hold one format and both hubs fold alike. What it refuses, it refuses whole.
 */
import { type Distribution, type Family, isDistribution, type Metric, type MetricType } from "../family.ts";
import { labelNameEnd, metricNameEnd } from "../name-chars.ts";
import { lineCount, renderFamily } from "../render.ts";
import { readFamily, type WireFamily, type WireMetric } from "./messages.ts";
import { Malformed, WireReader } from "./wire.ts";

export type DelimitedText =
  | { ok: true; text: string }
  /** `tooLarge`: the messages may be well, but their text would be longer than allowed. */
  | { ok: false; tooLarge: boolean; reason: string };

/** By the number that the enum gives them. */
const types: readonly (MetricType | undefined)[] = ["counter", "gauge", "summary", "untyped", "histogram"];

/** @param maxTextBytes bound of the text, which may be far longer than the messages: each line repeats a name */
export function delimitedToText(bytes: Uint8Array, maxTextBytes: number): DelimitedText {
  const names = new Set<string>();
  let message = 0;
  let text = "";
  let textBytes = 0;
  try {
    for (const wire = new WireReader(bytes); !wire.done; ) {
      message++;
      const family = familyOf(readFamily(wire.message()));
      if (names.size === names.add(family.name).size) throw new Malformed(`${family.name} has come before`);
      if (family.metrics.length === 0) continue;
      const least = family.metrics.reduce((sum, metric) => sum + leastBytes(family, metric), 0);
      const familyText = textBytes + least > maxTextBytes ? "" : renderFamily(family);
      textBytes += familyText === "" ? least : Buffer.byteLength(familyText);
      if (textBytes > maxTextBytes) {
        return { ok: false, tooLarge: true, reason: `the body is longer than ${maxTextBytes} bytes as text` };
      }
      text += familyText;
    }
    return { ok: true, text };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { ok: false, tooLarge: false, reason: `message ${message} of the protobuf body: ${error.message}` };
  }
}

/** Known before anything is written, so that a small body cannot become a text that fills the memory. */
function leastBytes({ name, type }: Family, metric: Metric): number {
  const labels = metric.labels.reduce((sum, each) => sum + each.length, 0);
  return lineCount(type, metric) * (name.length + labels);
}

function familyOf({ name, help, type: number, metrics }: WireFamily): Family {
  if (name === "" || metricNameEnd(name, 0) !== name.length) throw new Malformed(`not a metric name: ${clip(name)}`);
  const type = types[number];
  if (type === undefined) throw new Malformed(`${name} is of type ${number}, which the text format does not have`);
  return {
    name,
    type,
    help: help === "" ? undefined : help,
    metrics: metrics.map((each) => metricOf(name, type, each)),
  };
}

function metricOf(family: string, type: MetricType, wire: WireMetric): Metric {
  if (wire.timed) throw new Malformed(`a pushed metric may have no timestamp, ${family} has one`);
  checkLabels(family, type, wire.labels);
  const value = wire[type];
  if (value === undefined) throw new Malformed(`${family} is a ${type}, but one of its metrics has no such value`);
  if (typeof value === "number") return { labels: wire.labels, value, distribution: undefined };
  if (type === "histogram" && wire.fractional)
    throw new Malformed(`${family} counts in fractions, which no text can say`);
  if (hasUnboundPoint(value)) throw new Malformed(`${family} has a bucket or quantile NaN`);
  return { labels: wire.labels, value: 0, distribution: value };
}

function checkLabels(family: string, type: MetricType, labels: readonly string[]): void {
  const seen = new Set<string>();
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] ?? "";
    if (name === "" || labelNameEnd(name, 0) !== name.length) {
      throw new Malformed(`${family} has the label ${clip(name)}, which is no label name`);
    }
    if (name === "__name__") throw new Malformed("the label name __name__ is reserved");
    if (isDistribution(type) && name === (type === "histogram" ? "le" : "quantile")) {
      throw new Malformed(`the ${type} ${family} may not have the label ${name}, which it needs itself`);
    }
    if (seen.size === seen.add(name).size) throw new Malformed(`${family} has the label ${name} twice`);
  }
}

function hasUnboundPoint({ points }: Distribution): boolean {
  for (let i = 0; i < points.length; i += 2) if (Number.isNaN(points[i])) return true;
  return false;
}

const clip = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
