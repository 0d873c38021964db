import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Checkpoint,
  checkpointName,
  hashOf,
  isAsSigned,
  linesOf,
  makeKeys,
  signed,
} from "../../../ops/soak/checkpoint.ts";
import { Totals } from "../../../ops/soak/totals.ts";
import { type Evidence, verifyChain } from "../../../ops/soak/verify.ts";
import { sliceAt } from "./slices.ts";

const keys = makeKeys();
const hours = 5;
const slices = Array.from({ length: hours * 2 }, (_, i) => JSON.stringify(sliceAt(i)));
const events = Array.from({ length: hours }, (_, i) => JSON.stringify({ atMs: i, what: "an event" }));

function chain({ privateKey, publicKey } = keys): Map<string, Checkpoint> {
  const made = new Map<string, Checkpoint>();
  let last: Checkpoint | undefined;
  for (let hour = 0; hour < hours; hour++) {
    const totals = new Totals();
    totals.add(sliceAt(2 * hour));
    totals.add(sliceAt(2 * hour + 1));
    last = signed(
      {
        v: 1,
        run: "soak-1",
        number: hour + 1,
        from: "2026-01-01T00:00:00Z",
        to: "2026-01-01T01:00:00Z",
        publicKey,
        previous: last === undefined ? null : hashOf(last),
        slices: linesOf(slices, 2 * hour, 2),
        events: linesOf(events, hour, 1),
        figures: totals.figures(),
      },
      privateKey,
    );
    made.set(checkpointName(hour + 1), last);
  }
  return made;
}

const good = chain();
const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  checkpoints: good,
  copies: good,
  slices,
  events,
  publicKey: keys.publicKey,
  ...changes,
});
/** With one checkpoint another. */
const withOne = (number: number, checkpoint: unknown) =>
  new Map<string, unknown>([...good, [checkpointName(number), checkpoint]]);
const one = (number: number): Checkpoint => structuredClone(good.get(checkpointName(number)) as Checkpoint); // made above
const found = (changes: Partial<Evidence>) =>
  verifyChain(evidence(changes)).map(({ checkpoint, what }) => `${checkpoint} ${what}`);

describe("a chain of checkpoints", () => {
  it("verifies as it was written, also through a file", () => {
    const read = new Map<string, unknown>(
      [...good].map(([name, checkpoint]) => [name, JSON.parse(JSON.stringify(checkpoint, null, 2))]),
    );
    expect(found({ checkpoints: read })).toEqual([]);
  });

  it("names the one in which a single figure was changed, whichever it is", () => {
    const figures = ["requests", "failed", "observedMs", "outages", "longestStallMs"] as const;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: hours }),
        fc.constantFrom(...figures),
        fc.integer({ min: 1, max: 9 }),
        (number, key, more) => {
          const edited = one(number);
          edited.figures[key] += more;
          const checkpoints = withOne(number, edited);
          expect(found({ checkpoints, copies: new Map() })).toEqual([
            `${checkpointName(number)} was edited: its signature does not fit`,
          ]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("names the one after which another stands than was signed, when somebody with the key signed anew", () => {
    const { signature: _, ...body } = one(2);
    const checkpoints = withOne(2, signed({ ...body, to: "2026-01-02T00:00:00Z" }, keys.privateKey));
    expect(found({ checkpoints, copies: new Map() })).toEqual(["0003 does not follow 0002: one of them was replaced"]);
    expect(found({ checkpoints })).toContain("0002 is not as the copy that is kept on a machine");
  });

  it("tells a whole chain signed with another key by the key of the run, and by the copies", () => {
    const checkpoints = chain(makeKeys());
    expect(found({ checkpoints, copies: new Map() })).toHaveLength(hours);
    expect(found({ checkpoints, copies: new Map() })[0]).toBe("0001 is signed with another key than the run's");
  });

  it("misses one that was taken away, also the last while a machine has a copy", () => {
    const without = (number: number) => new Map([...good].filter(([name]) => name !== checkpointName(number)));
    expect(found({ checkpoints: without(3), copies: new Map() })).toEqual(["0003 is missing"]);
    expect(found({ checkpoints: without(hours) })).toEqual(["0005 is missing here, and kept on a machine"]);
  });

  it("names the one whose raw data was edited, or cut off", () => {
    expect(found({ slices: slices.with(3, slices[3]?.replace("600", "601") ?? "") })).toEqual([
      "0002 vouches for lines 3 to 4 of slices.jsonl, which were edited",
    ]);
    expect(found({ events: events.slice(0, 4) })).toEqual([
      "0005 vouches for lines 5 to 5 of events.jsonl, which were edited",
    ]);
  });

  it("names one that is no checkpoint any more", () => {
    expect(found({ checkpoints: withOne(4, "{"), copies: new Map() })).toEqual([
      "0004 was edited: it is not as a checkpoint is written",
    ]);
  });
});

describe("a signature", () => {
  it("does not fit with a key that is no key", () => {
    expect(isAsSigned({ ...one(1), publicKey: "no key" })).toBe(false);
  });
});
