/** The messages that all signals of OTLP share, as they lie on the wire; values of attributes become text. */
import { delimited, fixed64, Malformed, tag, varint, type WireReader } from "../exposition/protobuf/wire.ts";
import { type Attributes, maxValueDepth } from "./model.ts";
import { bytesText, jsonNumber, numberText } from "./value-text.ts";

/** Hands each field to `read`, which says whether it knew it; others are passed over. */
export function readFields(wire: WireReader, read: (field: number) => boolean): void {
  while (!wire.done) {
    const field = wire.tag();
    if (!read(field)) wire.skip(field);
  }
}

export function readAttribute(wire: WireReader, attributes: Attributes): void {
  const [key, value] = readKeyValue(wire, false, 0);
  attributes.push(key, value);
}

function readKeyValue(wire: WireReader, inside: boolean, depth: number): [key: string, value: string] {
  let key = "";
  let value = inside ? "null" : "";
  readFields(wire, (field) => {
    if (field === tag(1, delimited)) key = wire.text("the name of an attribute");
    else if (field === tag(2, delimited)) value = readValue(wire.message(), inside, depth);
    else return false;
    return true;
  });
  return [key, value];
}

/** @param inside whether it is a part of another value */
function readValue(wire: WireReader, inside: boolean, depth: number): string {
  if (depth > maxValueDepth) throw new Malformed(`an attribute is nested deeper than ${maxValueDepth}`);
  let value = inside ? "null" : "";
  readFields(wire, (field) => {
    if (field === tag(1, delimited)) value = quoted(wire.text("the value of an attribute"), inside);
    else if (field === tag(2, varint)) value = wire.varint() === 0 ? "false" : "true";
    else if (field === tag(3, varint)) value = wire.signedVarint().toString();
    else if (field === tag(4, fixed64)) value = (inside ? jsonNumber : numberText)(wire.double());
    else if (field === tag(5, delimited)) value = readList(wire.message(), depth + 1);
    else if (field === tag(6, delimited)) value = readMap(wire.message(), depth + 1);
    else if (field === tag(7, delimited)) value = quoted(bytesText(wire.bytes()), inside);
    else return false;
    return true;
  });
  return value;
}

function readList(wire: WireReader, depth: number): string {
  const items: string[] = [];
  readFields(wire, (field) => {
    if (field !== tag(1, delimited)) return false;
    items.push(readValue(wire.message(), true, depth));
    return true;
  });
  return `[${items.join()}]`;
}

function readMap(wire: WireReader, depth: number): string {
  const entries: string[] = [];
  readFields(wire, (field) => {
    if (field !== tag(1, delimited)) return false;
    const [key, value] = readKeyValue(wire.message(), true, depth);
    entries.push(`${JSON.stringify(key)}:${value}`);
    return true;
  });
  return `{${entries.join()}}`;
}

const quoted = (text: string, inside: boolean) => (inside ? JSON.stringify(text) : text);
