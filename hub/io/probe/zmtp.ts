/** The bytes of ZMTP 3, the wire protocol of ZeroMQ: greeting, commands and messages, as far as the NULL mechanism needs. */

/** `mechanism` is what the other side insists on: NULL, PLAIN or CURVE. */
export type ZmtpEvent =
  | { type: "greeting"; major: number; mechanism: string }
  | { type: "command"; name: string; body: Buffer }
  | { type: "message"; parts: Buffer[] }
  /** The first bytes are not ZeroMQ's. */
  | { type: "foreign"; start: Buffer }
  /** ZeroMQ's greeting, but then bytes that break its rules or pass the size limit. */
  | { type: "violation"; reason: string };

const greetingBytes = 64;
const signatureBytes = 10;
const More = 0b001;
const Long = 0b010;
const Command = 0b100;

/** All 64 bytes at once: version 3.0, NULL, not a server. */
export function encodeGreeting(): Buffer {
  const greeting = Buffer.alloc(greetingBytes);
  greeting[0] = 0xff;
  greeting[9] = 0x7f;
  greeting[10] = 3;
  greeting.write("NULL", 12, "ascii");
  return greeting;
}

/** The READY command that ends a NULL handshake. */
export function encodeReady(socketType: "REQ" | "REP"): Buffer {
  const body = Buffer.concat([property("Socket-Type", socketType), property("Identity", "")]);
  return encodeCommand("READY", body);
}

export function encodeCommand(name: string, body: Buffer): Buffer {
  return encodeFrame(Command, Buffer.concat([Buffer.from([name.length]), Buffer.from(name, "ascii"), body]));
}

export function encodeMessage(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.map((part, index) => encodeFrame(index < parts.length - 1 ? More : 0, part)));
}

/** The properties of a READY command's body; names in lower case, because the protocol ignores their case. */
export function readProperties(body: Buffer): Map<string, string> {
  const properties = new Map<string, string>();
  let at = 0;
  while (at < body.length) {
    const nameEnd = at + 1 + body.readUInt8(at);
    if (nameEnd + 4 > body.length) break;
    const valueEnd = nameEnd + 4 + body.readUInt32BE(nameEnd);
    if (valueEnd > body.length) break;
    properties.set(
      body.toString("latin1", at + 1, nameEnd).toLowerCase(),
      body.toString("latin1", nameEnd + 4, valueEnd),
    );
    at = valueEnd;
  }
  return properties;
}

/** Takes bytes as they come and gives what they complete. After `foreign` or `violation` it gives nothing more. */
export class ZmtpDecoder {
  #rest: Buffer = Buffer.alloc(0);
  #state: "greeting" | "frames" | "broken" = "greeting";
  #parts: Buffer[] = [];
  #partBytes = 0;
  readonly #maxMessageBytes: number;

  /** @param maxMessageBytes of all parts of one message together; more is a violation */
  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  push(chunk: Buffer): ZmtpEvent[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const events: ZmtpEvent[] = [];
    for (let event = this.#next(); event !== undefined; event = this.#next()) {
      if (event === "more") continue;
      events.push(event);
      if (event.type === "foreign" || event.type === "violation") this.#state = "broken";
    }
    return events;
  }

  /** `more`: a frame was taken that completes nothing yet; undefined: wait for bytes. */
  #next(): ZmtpEvent | "more" | undefined {
    if (this.#state === "broken") return undefined;
    return this.#state === "greeting" ? this.#greeting() : this.#frame();
  }

  #greeting(): ZmtpEvent | undefined {
    const rest = this.#rest;
    if (rest.length === 0) return undefined;
    if (rest[0] !== 0xff) return { type: "foreign", start: rest };
    if (rest.length <= signatureBytes) return undefined;
    if (((rest[9] ?? 0) & 1) === 0) return { type: "foreign", start: rest };
    const major = rest[10] ?? 0;
    // Older versions have a shorter greeting: waiting for the rest of it would look like silence.
    if (major < 3) return { type: "violation", reason: `it speaks ZMTP ${major + 1}.0, older than ZeroMQ 4` };
    if (rest.length < greetingBytes) return undefined;
    const mechanism = rest.toString("latin1", 12, 32).replace(/\0+$/, "");
    this.#rest = rest.subarray(greetingBytes);
    this.#state = "frames";
    return { type: "greeting", major, mechanism };
  }

  #frame(): ZmtpEvent | "more" | undefined {
    const rest = this.#rest;
    const flags = rest[0];
    if (flags === undefined) return undefined;
    if ((flags & ~(More | Long | Command)) !== 0) return { type: "violation", reason: `frame flags ${flags}` };
    const headBytes = (flags & Long) === 0 ? 2 : 9;
    if (rest.length < headBytes) return undefined;
    const size = headBytes === 2 ? rest.readUInt8(1) : Number(rest.readBigUInt64BE(1));
    if (this.#partBytes + size > this.#maxMessageBytes) {
      return { type: "violation", reason: `its message is longer than ${this.#maxMessageBytes} bytes` };
    }
    if (rest.length < headBytes + size) return undefined;
    const body = rest.subarray(headBytes, headBytes + size);
    this.#rest = rest.subarray(headBytes + size);
    return (flags & Command) === 0 ? this.#part(body, (flags & More) !== 0) : command(body);
  }

  #part(body: Buffer, more: boolean): ZmtpEvent | "more" {
    this.#parts.push(body);
    // One byte more than the part holds, so that endless empty parts reach the limit too.
    this.#partBytes += body.length + 1;
    if (more) return "more";
    const parts = this.#parts;
    this.#parts = [];
    this.#partBytes = 0;
    return { type: "message", parts };
  }
}

function command(body: Buffer): ZmtpEvent {
  const nameBytes = body[0];
  if (nameBytes === undefined || nameBytes + 1 > body.length)
    return { type: "violation", reason: "a nameless command" };
  return {
    type: "command",
    name: body.toString("latin1", 1, 1 + nameBytes),
    body: body.subarray(1 + nameBytes),
  };
}

function encodeFrame(flags: number, body: Buffer): Buffer {
  if (body.length <= 255) return Buffer.concat([Buffer.from([flags, body.length]), body]);
  const head = Buffer.alloc(9);
  head[0] = flags | Long;
  head.writeBigUInt64BE(BigInt(body.length), 1);
  return Buffer.concat([head, body]);
}

function property(name: string, value: string): Buffer {
  const head = Buffer.alloc(1 + name.length + 4);
  head[0] = name.length;
  head.write(name, 1, "ascii");
  head.writeUInt32BE(Buffer.byteLength(value), 1 + name.length);
  return Buffer.concat([head, Buffer.from(value)]);
}
