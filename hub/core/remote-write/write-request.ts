/** Writes a Prometheus remote-write 1.0 request, one series after another, each with one sample. */

/** One sample, with the labels of its series as `encodeLabels` gives them. */
export interface Sample {
  labels: Uint8Array;
  /** `stale`: the series has ended. */
  value: number | "stale";
  /** Wall ms. */
  atMs: number;
}

/** Tags of the fields as they lie on the wire. */
const seriesTag = 0x0a;
const labelTag = 0x0a;
const sampleTag = 0x12;
const nameTag = 0x0a;
const valueTag = 0x12;
const numberTag = 0x09;
const timestampTag = 0x10;
/** The NaN by which Prometheus knows an end from a value that is none. */
const stale = Uint8Array.of(0x02, 0, 0, 0, 0, 0, 0xf0, 0x7f);
const firstBytes = 64 * 1024;
/** Tag and length of a series and its sample, the number and the longest timestamp. */
const mostAroundLabels = 48;

/** The labels of a series, which must be in the order of their names, as the part of its message that never changes. */
export function encodeLabels(labels: readonly (readonly [name: string, value: string])[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, value] of labels) {
    const inner = [...part(nameTag, Buffer.from(name)), ...part(valueTag, Buffer.from(value))];
    const length = inner.reduce((sum, bytes) => sum + bytes.length, 0);
    parts.push(Uint8Array.of(labelTag, ...varint(length)), ...inner);
  }
  return Uint8Array.from(Buffer.concat(parts));
}

const part = (tag: number, bytes: Uint8Array) => [Uint8Array.of(tag, ...varint(bytes.length)), bytes];

/** Mutable: gathers samples until they are taken out. */
export class WriteRequest {
  #bytes = new Uint8Array(firstBytes);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #samples = 0;

  get samples(): number {
    return this.#samples;
  }

  add({ labels, value, atMs }: Sample): void {
    const time = varint(atMs);
    const sampleLength = 9 + 1 + time.length;
    this.#reserve(labels.length + mostAroundLabels);
    this.#byte(seriesTag);
    this.#all(varint(labels.length + 2 + sampleLength));
    this.#all(labels);
    this.#byte(sampleTag);
    this.#byte(sampleLength);
    this.#byte(numberTag);
    if (value === "stale") this.#all(stale);
    else {
      this.#view.setFloat64(this.#length, value, true);
      this.#length += 8;
    }
    this.#byte(timestampTag);
    this.#all(time);
    this.#samples++;
  }

  /** What was gathered; it begins anew. */
  take(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = this.#samples = 0;
    return bytes;
  }

  #byte(byte: number): void {
    this.#bytes[this.#length++] = byte;
  }

  #all(bytes: ArrayLike<number>): void {
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#bytes.length + bytes));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** The same request, but that each of its series ends. */
export function endsOf(request: Uint8Array): Uint8Array {
  const bytes = request.slice();
  for (let at = 0; at < bytes.length; ) {
    const series = partAt(bytes, at);
    let field = series.start;
    while (bytes[field] === labelTag) field = partAt(bytes, field).end;
    // Behind its labels a series has one sample, which begins with the number.
    bytes.set(stale, partAt(bytes, field).start + 1);
    at = series.end;
  }
  return bytes;
}

/** Where the part begins and ends whose tag is there. */
function partAt(bytes: Uint8Array, tagAt: number): { start: number; end: number } {
  let length = 0;
  let at = tagAt + 1;
  for (let shift = 1; ; shift *= 0x80) {
    const byte = bytes[at++] ?? 0;
    length += (byte & 0x7f) * shift;
    if (byte < 0x80) return { start: at, end: at + length };
  }
}

/** Of a whole number up to 2^53; a negative one, as protobuf has it, in ten bytes. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  if (value < 0) {
    for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
      if (rest < 0x80n) return [...bytes, Number(rest)];
      bytes.push(Number(rest & 0x7fn) | 0x80);
    }
  }
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}
