/** Changes bytes blindly, with words of the format among them. */
import type { Random } from "../../../ops/chaos/random.ts";

export interface Material {
  random: Random;
  tokens: readonly string[];
  /** Another input, to be spliced with. */
  other: Buffer;
}

type Change = (bytes: Buffer, material: Material) => Buffer;

const numbers =
  "0 1 -1 9 10 63 64 65 127 128 255 256 1000 4096 65535 65536 2147483647 2147483648 4294967295 9007199254740993"
    .concat(" 18446744073709551615 18446744073709551616 1e308 1e309 -0 0.1 1e-400 NaN Infinity +Inf")
    .split(" ");
const texts = [
  "\0",
  "\ufeff",
  "\ud83d\ude00",
  "\u202e",
  "é",
  "\r\n",
  "\n",
  "\t",
  " ",
  '"',
  "\\",
  "\u2028",
  "__proto__",
  "%00",
  "%zz",
];
const rawBytes = [0x00, 0x7f, 0x80, 0xff, 0xc0, 0xed, 0xf4, 0x0a, 0x22, 0x5c];

const changes: readonly Change[] = [
  (bytes, { random }) => patched(bytes, random, (byte) => byte ^ (1 << random.between(0, 7))),
  (bytes, { random }) => patched(bytes, random, () => random.between(0, 255)),
  (bytes, { random }) => patched(bytes, random, (byte) => byte + random.pick([-1, 1])),
  (bytes, { random }) => put(bytes, random, Buffer.from([random.pick(rawBytes)])),
  (bytes, { random }) => put(bytes, random, Buffer.from(random.pick(texts))),
  (bytes, { random }) =>
    put(bytes, random, Buffer.from(Array.from({ length: random.between(1, 8) }, () => random.between(0, 255)))),
  (bytes, { random }) => cut(bytes, ...stretchOf(bytes, random)),
  (bytes, { random }) => cut(bytes, ...stretchOf(bytes, random)),
  (bytes, { random }) => put(bytes, random, bytes.subarray(...stretchOf(bytes, random))),
  (bytes, { random, tokens }) => (tokens.length === 0 ? bytes : put(bytes, random, Buffer.from(random.pick(tokens)))),
  (bytes, { random, tokens }) => (tokens.length === 0 ? bytes : over(bytes, random, Buffer.from(random.pick(tokens)))),
  (bytes, { random }) => number(bytes, random),
  (bytes, { random, other }) => put(bytes, random, other.subarray(...stretchOf(other, random))),
  (bytes, { random, other }) =>
    Buffer.concat([
      bytes.subarray(0, random.between(0, bytes.length)),
      other.subarray(random.between(0, other.length)),
    ]),
  (bytes, { random }) => repeated(bytes, random),
  (bytes, { random }) => bytes.subarray(0, random.between(0, bytes.length)),
];

export function mutateBytes(input: Buffer, material: Material): Buffer {
  let bytes = input;
  for (let left = 1 + Math.floor(material.random.next() ** 2 * 6); left > 0; left--)
    bytes = material.random.pick(changes)(bytes, material);
  return bytes;
}

/** One that is mostly short. */
export function stretchOf(bytes: Buffer, random: Random): [start: number, end: number] {
  const start = random.between(0, bytes.length);
  const most = random.chance(0.7) ? 16 : bytes.length;
  return [start, Math.min(bytes.length, start + random.between(1, Math.max(1, most)))];
}

function patched(bytes: Buffer, random: Random, change: (byte: number) => number): Buffer {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  const at = random.between(0, copy.length - 1);
  copy[at] = change(copy[at] ?? 0) & 0xff;
  return copy;
}

function put(bytes: Buffer, random: Random, part: Buffer): Buffer {
  const at = random.between(0, bytes.length);
  return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
}

function over(bytes: Buffer, random: Random, part: Buffer): Buffer {
  const at = random.between(0, bytes.length);
  return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at + part.length)]);
}

const cut = (bytes: Buffer, start: number, end: number) =>
  Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);

/** Another number in place of one that stands there as text. */
function number(bytes: Buffer, random: Random): Buffer {
  const places = [...bytes.toString("latin1").matchAll(/\d+/g)];
  if (places.length === 0) return put(bytes, random, Buffer.from(random.pick(numbers)));
  const { index, 0: text } = random.pick(places);
  return Buffer.concat([
    bytes.subarray(0, index),
    Buffer.from(random.pick(numbers)),
    bytes.subarray(index + text.length),
  ]);
}

function repeated(bytes: Buffer, random: Random): Buffer {
  const [start, end] = stretchOf(bytes, random);
  const times = random.pick([2, 3, 8, 20, 70, 300]);
  const parts = Array.from({ length: times }, () => bytes.subarray(start, end));
  return Buffer.concat([bytes.subarray(0, start), ...parts, bytes.subarray(end)]);
}
