import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Beat, keyBytes, maxMessageBytes, seal, unseal, type Word } from "../../../hub/judge/beat.ts";
import { FrameReader, frame } from "../../../hub/judge/frames.ts";
import { fault } from "../../support/fault.ts";

const key = randomBytes(keyBytes);
const beat: Beat = {
  v: 1,
  kind: "beat",
  machine: "pc2",
  incarnation: "i1",
  counter: 7,
  lagMs: 12,
  mainStuck: false,
  digest: "d1",
  echo: { incarnation: "i9", counter: 4 },
  ack: { incarnation: "i9", counter: 3, digest: "d1" },
};
const word: Word = { v: 1, kind: "word", machine: "pc2", incarnation: "i1", counter: 1, word: { epochs: [1, 2] } };

describe("a sealed message", () => {
  it("comes back as it was, and a beat fits into one datagram", () => {
    expect(unseal(seal(beat, key), key)).toEqual(beat);
    expect(unseal(seal(word, key), key)).toEqual(word);
    expect(seal(beat, key).length).toBeLessThan(600);
  });

  it("is refused under another key, and when any one bit of it was changed", ({ task }) => {
    const bytes = seal(beat, key);
    let forgeries = 1;
    let taken = unseal(bytes, randomBytes(keyBytes)) === undefined ? 0 : 1;
    expect(taken).toBe(0);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        forgeries++;
        if (unseal(changed, key) !== undefined) taken++;
        expect(taken).toBe(0);
      }),
    );
    fault(task, "beat-forged", { forgeries, taken });
  });

  it("is refused when it is cut short, empty, too long, or says nothing that a judge says", () => {
    expect(unseal(seal(beat, key).subarray(0, -1), key)).toBeUndefined();
    expect(unseal(Buffer.alloc(0), key)).toBeUndefined();
    expect(unseal(seal({ ...word, word: "x".repeat(maxMessageBytes) }, key), key)).toBeUndefined();
    expect(unseal(seal({ ...beat, counter: 0 }, key), key)).toBeUndefined();
  });

  it("of a newer judge is understood without what is new in it", () => {
    expect(unseal(seal({ ...beat, later: true } as Beat, key), key)).toEqual(beat);
  });
});

describe("messages on a stream", () => {
  it("come whole and in order however the stream is cut", () => {
    const messages = [seal(beat, key), Buffer.alloc(0), seal(word, key), Buffer.alloc(70_000, 1)];
    const stream = Buffer.concat(messages.map(frame));
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const reader = new FrameReader();
        const ends = [...cuts, stream.length].sort((a, b) => a - b);
        const read = ends.flatMap((end, i) => reader.read(stream.subarray(ends[i - 1] ?? 0, end)) ?? []);
        expect(read.map((message) => message.toString("hex"))).toEqual(messages.map((part) => part.toString("hex")));
      }),
    );
  });

  it("end with one that is longer than any message of a judge, before it is waited for", () => {
    expect(new FrameReader().read(Buffer.from("GET / HTTP/1.1\r\n"))).toBeUndefined();
  });
});
