/** Messages on a stream of bytes: each behind its length. */
import { maxMessageBytes } from "./beat.ts";

const lengthBytes = 4;

export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}

export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are whole now; undefined when the other side does not speak like this, or too long. */
  read(part: Buffer): Buffer[] | undefined {
    let rest = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
    const messages: Buffer[] = [];
    while (rest.length >= lengthBytes) {
      const length = rest.readUInt32BE();
      if (length > maxMessageBytes) return undefined;
      if (rest.length < lengthBytes + length) break;
      messages.push(rest.subarray(lengthBytes, lengthBytes + length));
      rest = rest.subarray(lengthBytes + length);
    }
    this.#rest = rest;
    return messages;
  }
}
