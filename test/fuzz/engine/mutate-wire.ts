/** Changes fields of protobuf messages and keeps the lengths around them right, which blind changes seldom do. */
import type { Random } from "../../../ops/chaos/random.ts";
import { type Material, mutateBytes } from "./mutate-bytes.ts";

interface Field {
  number: number;
  type: number;
  /** The parts of a message, where the bytes can be read as one; else what stands behind the tag. */
  content: Field[] | Buffer;
}

const maxDepth = 8;

/** @param delimited whether the input is messages, each behind its length, and no message itself */
export function mutateWire(input: Buffer, material: Material, delimited: boolean): Buffer {
  const fields = delimited ? messages(input) : fieldsOf(input, 0);
  if (fields === undefined || fields.length === 0) return mutateBytes(input, material);
  for (let left = material.random.between(1, 4); left > 0; left--) change(fields, material);
  return delimited ? Buffer.concat(fields.map(lengthAndContent)) : Buffer.concat(fields.map(encode));
}

function change(fields: Field[], material: Material): void {
  const { random } = material;
  const list = random.pick(listsOf(fields));
  if (list.length === 0) return;
  const at = random.between(0, list.length - 1);
  const field = list[at];
  if (field === undefined) return;
  switch (random.between(0, 6)) {
    case 0:
      list.splice(at, 1);
      break;
    case 1:
      list.splice(random.between(0, list.length), 0, field);
      break;
    case 2:
      list[at] = { ...field, number: random.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, field.number + 1]) };
      break;
    case 3:
      list[at] = { ...field, content: mutateBytes(bytesOf(field.content), material) };
      break;
    case 4:
      list[at] = {
        number: field.number,
        type: 0,
        content: varint(random.pick([0n, 1n, 2n, 3n, 127n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n])),
      };
      break;
    case 5:
      list[at] = { number: field.number, type: 1, content: double(random) };
      break;
    default:
      list.push(...Array.from({ length: random.pick([1, 4, 30]) }, () => field));
  }
}

function double(random: Random): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(
    random.pick([
      0,
      -0,
      1,
      -1,
      0.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      1e308,
      5e-324,
      2 ** 64,
    ]),
  );
  return bytes;
}

function listsOf(fields: Field[]): Field[][] {
  return [fields, ...fields.flatMap(({ content }) => (Array.isArray(content) ? listsOf(content) : []))];
}

function messages(bytes: Buffer): Field[] | undefined {
  const all: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = readVarint(bytes, at);
    if (length === undefined || length.end + Number(length.value) > bytes.length) return undefined;
    at = length.end + Number(length.value);
    const content = bytes.subarray(length.end, at);
    all.push({ number: 1, type: 2, content: fieldsOf(content, 0) ?? content });
  }
  return all;
}

function fieldsOf(bytes: Buffer, depth: number): Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at);
    if (tag === undefined) return undefined;
    const [number, type] = [Number(tag.value >> 3n), Number(tag.value & 7n)];
    if (number < 1 || number > 100) return undefined;
    const end = endOf(bytes, tag.end, type);
    if (end === undefined || end.at > bytes.length) return undefined;
    const content = bytes.subarray(end.from, end.at);
    const parts = type === 2 && depth < maxDepth && content.length > 1 ? fieldsOf(content, depth + 1) : undefined;
    fields.push({ number, type, content: parts ?? content });
    at = end.at;
  }
  return fields;
}

function endOf(bytes: Buffer, from: number, type: number): { from: number; at: number } | undefined {
  if (type === 1) return { from, at: from + 8 };
  if (type === 5) return { from, at: from + 4 };
  const read = type === 0 || type === 2 ? readVarint(bytes, from) : undefined;
  if (read === undefined) return undefined;
  return type === 0 ? { from, at: read.end } : { from: read.end, at: read.end + Number(read.value) };
}

function readVarint(bytes: Buffer, from: number): { value: bigint; end: number } | undefined {
  let value = 0n;
  for (let at = from; at < bytes.length && at < from + 10; at++) {
    const byte = bytes[at] ?? 0;
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - from));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

const bytesOf = (content: Field["content"]): Buffer =>
  Array.isArray(content) ? Buffer.concat(content.map(encode)) : content;

function lengthAndContent({ content }: Field): Buffer {
  const bytes = bytesOf(content);
  return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
}

function encode(field: Field): Buffer {
  const tag = varint(BigInt(field.number * 8 + field.type));
  return Buffer.concat([tag, field.type === 2 ? lengthAndContent(field) : bytesOf(field.content)]);
}
