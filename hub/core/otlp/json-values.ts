/** Reads the attributes of OTLP's JSON into names and texts, the same ones that its protobuf gives. */
import { Malformed } from "../exposition/protobuf/wire.ts";
import { type Attributes, maxValueDepth } from "./model.ts";
import { bytesText, jsonNumber, numberText } from "./value-text.ts";

type Json = Record<string, unknown>;

/** By hand and not by a schema, since values nest, and what comes from anybody may nest until a stack is full. */
export function readJsonAttributes(json: unknown): Attributes {
  const attributes: Attributes = [];
  for (const each of listOf(json)) attributes.push(...keyValue(each, false, 0));
  return attributes;
}

function keyValue(json: unknown, inside: boolean, depth: number): [key: string, value: string] {
  const { key, value } = objectOf(json);
  return [textOf(key ?? ""), valueText(value ?? {}, inside, depth)];
}

/** @param inside whether it is a part of another value */
function valueText(json: unknown, inside: boolean, depth: number): string {
  if (depth > maxValueDepth) throw new Malformed(`an attribute is nested deeper than ${maxValueDepth}`);
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = objectOf(json);
  if (isThere(stringValue)) return quoted(textOf(stringValue), inside);
  if (isThere(boolValue)) return String(boolValue === true);
  if (isThere(intValue)) return intText(intValue);
  if (isThere(doubleValue)) return (inside ? jsonNumber : numberText)(doubleOf(doubleValue));
  if (isThere(bytesValue)) return quoted(bytesText(Buffer.from(textOf(bytesValue), "base64")), inside);
  if (isThere(arrayValue)) {
    const items = listOf(objectOf(arrayValue).values).map((each) => valueText(each ?? {}, true, depth + 1));
    return `[${items.join()}]`;
  }
  if (isThere(kvlistValue)) {
    const entries = listOf(objectOf(kvlistValue).values).map((each) => {
      const [key, value] = keyValue(each, true, depth + 1);
      return `${JSON.stringify(key)}:${value}`;
    });
    return `{${entries.join()}}`;
  }
  return inside ? "null" : "";
}

const isThere = (value: unknown) => value !== undefined && value !== null;
const quoted = (text: string, inside: boolean) => (inside ? JSON.stringify(text) : text);

function listOf(json: unknown): unknown[] {
  if (!isThere(json)) return [];
  if (Array.isArray(json)) return json;
  throw new Malformed("attributes or their values are no list");
}

function objectOf(json: unknown): Json {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Json; // just seen
  throw new Malformed("an attribute or its value is no object");
}

function textOf(json: unknown): string {
  if (typeof json === "string" && json.isWellFormed()) return json;
  throw new Malformed("an attribute has a name or value that is no well-formed text");
}

function intText(json: unknown): string {
  if (typeof json === "number" && Number.isInteger(json)) return String(BigInt(json));
  if (typeof json !== "string" || !/^-?\d{1,20}$/.test(json)) {
    throw new Malformed("an attribute has an intValue that is no whole number");
  }
  return String(BigInt(json));
}

function doubleOf(json: unknown): number {
  if (typeof json === "number") return json;
  if (json === "NaN" || json === "Infinity" || json === "-Infinity") return Number(json);
  throw new Malformed("an attribute has a doubleValue that is no number");
}
