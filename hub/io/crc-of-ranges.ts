/** The CRC-32 of any stretch of some bytes, in a time that does not grow with its length. */
import { crc32 } from "node:zlib";

/** Between two beginnings whose checksum is kept. */
const stepBytes = 1_024;
const polynomial = 0xedb88320;
/** The polynomials 1 and x, with the highest bit for the lowest power. */
const one = 0x80000000;
const x = 0x40000000;

export class CrcOfRanges {
  readonly #bytes: Buffer;
  /** Of the first so many steps; made as far as they are asked for. */
  readonly #crcs = [0];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  of(start: number, end: number): number {
    // The checksum of both parts together is the first one's, moved on by the second one's length, and the second one's.
    return (multiply(powerOfX(8 * (end - start)), this.#upTo(start)) ^ this.#upTo(end)) >>> 0;
  }

  #upTo(end: number): number {
    const steps = Math.floor(end / stepBytes);
    for (let made = this.#crcs.length; made <= steps; made++)
      this.#crcs.push(crc32(this.#bytes.subarray((made - 1) * stepBytes, made * stepBytes), this.#crcs[made - 1]));
    return crc32(this.#bytes.subarray(steps * stepBytes, end), this.#crcs[steps]);
  }
}

/** Of two polynomials over bits, modulo that of the checksum. */
function multiply(a: number, b: number): number {
  let product = 0;
  let moved = b;
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= moved;
    moved = (moved & 1) === 0 ? moved >>> 1 : (moved >>> 1) ^ polynomial;
  }
  return product >>> 0;
}

function powerOfX(exponent: number): number {
  let power = one;
  let square = x;
  // Beyond 2^32 bits shifts of whole numbers would lose some.
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(square, power);
    square = multiply(square, square);
  }
  return power;
}
