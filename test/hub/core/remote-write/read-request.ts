/** Reads a remote-write request with the reader of pushes, which was written for another message. */
import { delimited, fixed64, tag, varint, type WireReader } from "../../../../hub/core/exposition/protobuf/wire.ts";

export interface ReadSeries {
  labels: Record<string, string>;
  names: string[];
  samples: { value: number; bits: bigint; atMs: number }[];
}

export function readRequest(wire: WireReader): ReadSeries[] {
  const all: ReadSeries[] = [];
  while (!wire.done) {
    if (wire.tag() !== tag(1, delimited)) throw new Error("something else than a series");
    all.push(readSeries(wire.message()));
  }
  return all;
}

function readSeries(wire: WireReader): ReadSeries {
  const series: ReadSeries = { labels: {}, names: [], samples: [] };
  while (!wire.done) {
    const field = wire.tag();
    if (field === tag(1, delimited)) readLabel(wire.message(), series);
    else if (field === tag(2, delimited)) series.samples.push(readSample(wire.message()));
    else throw new Error(`a series has a field ${field}`);
  }
  return series;
}

function readLabel(wire: WireReader, { labels, names }: ReadSeries): void {
  if (wire.tag() !== tag(1, delimited)) throw new Error("a label does not begin with its name");
  const name = wire.text("a label name");
  if (wire.tag() !== tag(2, delimited)) throw new Error("a label has no value");
  const value = wire.text("a label's value");
  // Of the name `__proto__` an assignment would make no key.
  Object.defineProperty(labels, name, { value, enumerable: true, configurable: true, writable: true });
  names.push(name);
  if (!wire.done) throw new Error("a label has more than a name and a value");
}

function readSample(wire: WireReader): ReadSeries["samples"][number] {
  if (wire.tag() !== tag(1, fixed64)) throw new Error("a sample does not begin with its value");
  const value = wire.double();
  if (wire.tag() !== tag(2, varint)) throw new Error("a sample has no time");
  const atMs = wire.varint();
  return { value, bits: new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n, atMs };
}
