import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodeCommand,
  encodeGreeting,
  encodeMessage,
  encodeReady,
  readProperties,
  ZmtpDecoder,
  type ZmtpEvent,
} from "../../../../hub/io/probe/zmtp.ts";

/** Feeds the bytes cut at the given places. */
function decode(bytes: Buffer, cuts: number[] = [], maxMessageBytes = 1000): ZmtpEvent[] {
  const decoder = new ZmtpDecoder(maxMessageBytes);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).flatMap((end, index) => decoder.push(bytes.subarray(places[index], end)));
}

const greeting: ZmtpEvent = { type: "greeting", major: 3, mechanism: "NULL" };
const parts = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 4 });

describe("the ZMTP codec", () => {
  it("reads back what it writes, however the bytes are cut on their way", () => {
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 3 }), fc.array(fc.nat(), { maxLength: 8 }), (messages, cuts) => {
        const bodies = messages.map((message) => message.map((part) => Buffer.from(part)));
        const bytes = Buffer.concat([encodeGreeting(), encodeReady("REP"), ...bodies.map(encodeMessage)]);
        const [first, ready, ...rest] = decode(bytes, cuts, 2000);
        expect(first).toEqual(greeting);
        expect(ready).toMatchObject({ type: "command", name: "READY" });
        expect(rest).toEqual(bodies.map((body) => ({ type: "message", parts: body })));
      }),
    );
  });

  it("never throws on bytes of any kind, and says nothing more once they broke the rules", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.uint8Array({ maxLength: 200 }), (greeted, noise) => {
        const decoder = new ZmtpDecoder(100);
        if (greeted) decoder.push(encodeGreeting());
        const broken = decoder.push(Buffer.from(noise)).some(({ type }) => type === "foreign" || type === "violation");
        if (broken) expect(decoder.push(encodeGreeting())).toEqual([]);
      }),
    );
  });

  it("reads any body of a READY command without leaving it", () => {
    fc.assert(fc.property(fc.uint8Array(), (body) => readProperties(Buffer.from(body)).size >= 0));
    expect(readProperties(encodeReady("REQ").subarray(8)).get("socket-type")).toBe("REQ");
  });

  it("tells other protocols by their first byte", () => {
    expect(decode(Buffer.from("HTTP/1.1 400 Bad Request\r\n"))).toMatchObject([{ type: "foreign" }]);
  });

  it("refuses ZMTP 2 at byte 11 instead of waiting for a greeting of 64", () => {
    const old = Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 3]);
    expect(decode(old)).toEqual([{ type: "violation", reason: "it speaks ZMTP 2.0, older than ZeroMQ 4" }]);
  });

  it("refuses a message that announces more than 1000 bytes before any of them came", () => {
    const announced = Buffer.from([0b010, 0, 0, 0, 0, 0, 0, 0x03, 0xe9]);
    expect(decode(Buffer.concat([encodeGreeting(), announced]))).toEqual([
      greeting,
      { type: "violation", reason: "its message is longer than 1000 bytes" },
    ]);
  });

  it("refuses a message of endless empty parts at the same limit", () => {
    const endless = Buffer.alloc(4000, Buffer.from([0b001, 0]));
    expect(decode(Buffer.concat([encodeGreeting(), endless])).at(-1)).toMatchObject({ type: "violation" });
  });

  it("gives a command's name and what follows it", () => {
    const bytes = Buffer.concat([encodeGreeting(), encodeCommand("PING", Buffer.from([0, 10, 1, 2]))]);
    expect(decode(bytes)[1]).toEqual({ type: "command", name: "PING", body: Buffer.from([0, 10, 1, 2]) });
  });
});
