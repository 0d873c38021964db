/** Reads protobuf's wire format: tags, varints, doubles and length-delimited parts, within the bounds of the bytes given. */

/** Thrown inside the decoder only, and caught at its edge, where it becomes a value. */
export class Malformed extends Error {}
export class TooMany extends Malformed {}

export const varint = 0;
export const fixed64 = 1;
export const delimited = 2;
const groupStart = 3;
const groupEnd = 4;
const fixed32 = 5;

/** A field's number and wire type as one number, as the wire has it. */
export const tag = (field: number, wireType: number) => (field << 3) | wireType;

const maxField = 2 ** 29 - 1;
/** Groups are long out of use; nesting deeper than this is nobody's metrics. */
const maxGroupDepth = 32;

/** How many parts may still be read of a body whose parts cost more than their bytes. */
export interface Budget {
  left: number;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  readonly #budget: Budget;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, budget: Budget = { left: Number.POSITIVE_INFINITY }) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
    this.#budget = budget;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** Field number and wire type of what follows. */
  tag(): number {
    const value = this.varint();
    const field = Math.floor(value / 8);
    if (field < 1 || field > maxField) throw new Malformed(`the field number ${field} does not exist`);
    return value;
  }

  /** Unsigned, of up to 64 bits; above 2^53 the nearest double. */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw new Malformed("it ends inside a number");
      const byte = this.#bytes[this.#at++] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low += bits * 2 ** shift;
      else if (shift === 28) {
        low += (bits & 0x0f) * 2 ** 28;
        high += bits >>> 4;
      } else high += bits * 2 ** (shift - 32);
      if (byte < 0x80) {
        if (high >= 2 ** 32) break;
        // Both halves are exact, so there is one rounding.
        return high * 2 ** 32 + low;
      }
    }
    throw new Malformed("a number has more than 64 bits");
  }

  /** Signed, of 64 bits, exactly. */
  signedVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.#at >= this.#end) throw new Malformed("it ends inside a number");
      const byte = this.#bytes[this.#at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (value >= 2n ** 64n) break;
        return BigInt.asIntN(64, value);
      }
    }
    throw new Malformed("a number has more than 64 bits");
  }

  /** Signed, of 32 bits, small ones of either sign in few bytes. */
  zigzag(): number {
    const value = this.varint();
    if (value >= 2 ** 32) throw new Malformed("a number has more than 32 bits");
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Unsigned, of 64 bits; above 2^53 the nearest double. */
  unsigned64(): number {
    const at = this.#take(8, "a number");
    return this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  /** Signed, of 64 bits; beyond 2^53 the nearest double. */
  signed64(): number {
    const at = this.#take(8, "a number");
    return this.#view.getInt32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  double(): number {
    const at = this.#take(8, "a number");
    return this.#view.getFloat64(at, true);
  }

  /** A part with its own length in front. */
  message(): WireReader {
    const bytes = this.varint();
    const start = this.#take(bytes, `a part of ${bytes} bytes`);
    this.spend();
    return new WireReader(this.#bytes, start, start + bytes, this.#budget);
  }

  /** Counts a part; each message is one by itself. */
  spend(): void {
    if (--this.#budget.left < 0) throw new TooMany("it has too many parts");
  }

  bytes(): Uint8Array {
    const bytes = this.varint();
    const start = this.#take(bytes, `a part of ${bytes} bytes`);
    return this.#bytes.subarray(start, start + bytes);
  }

  /** @param what names the text in a refusal @example "the help of jobs_total" */
  text(what: string): string {
    const bytes = this.varint();
    const start = this.#take(bytes, `a text of ${bytes} bytes`);
    const plain = this.#plainText(start, start + bytes);
    if (plain !== undefined) return plain;
    try {
      return utf8.decode(this.#bytes.subarray(start, start + bytes));
    } catch {
      throw new Malformed(`${what} is not UTF-8`);
    }
  }

  /** Passes over the value of a field that nobody asked for. */
  skip(fieldTag: number): void {
    const groups: number[] = [];
    for (let next = fieldTag; ; next = this.tag()) {
      const field = Math.floor(next / 8);
      switch (next % 8) {
        case varint:
          this.varint();
          break;
        case fixed64:
          this.#take(8, "a number");
          break;
        case delimited:
          this.message();
          break;
        case fixed32:
          this.#take(4, "a number");
          break;
        case groupStart:
          if (groups.push(field) > maxGroupDepth) throw new Malformed(`more than ${maxGroupDepth} groups are nested`);
          break;
        case groupEnd:
          if (groups.pop() !== field) throw new Malformed(`field ${field} ends a group that did not begin`);
          break;
        default:
          throw new Malformed(`field ${field} has the wire type ${next % 8}, which does not exist`);
      }
      if (groups.length === 0) return;
    }
  }

  /** Most names and labels are short and plain, where a general decoder costs more than the text. */
  #plainText(start: number, end: number): string | undefined {
    if (end - start > 48) return undefined;
    let text = "";
    for (let at = start; at < end; at++) {
      const byte = this.#bytes[at] ?? 0;
      if (byte >= 0x80) return undefined;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #take(bytes: number, what: string): number {
    const start = this.#at;
    if (bytes > this.#end - start) throw new Malformed(`it ends inside ${what}`);
    this.#at = start + bytes;
    return start;
  }
}
