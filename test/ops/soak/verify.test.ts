import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Checkpoint,
  checkpointName,
  hashOf,
  isAsSigned,
  linesOf,
  makeKeys,
  settingsHash,
  signed,
} from "../../../ops/soak/checkpoint.ts";
import type { HubCopy } from "../../../ops/soak/copies.ts";
import { runVersion } from "../../../ops/soak/settings.ts";
import { Totals } from "../../../ops/soak/totals.ts";
import { type Evidence, verifyChain } from "../../../ops/soak/verify.ts";
import { asked, settingsWith } from "./settings.ts";
import { sliceAt } from "./slices.ts";

const keys = makeKeys();
const target = { kind: "local" as const, folder: "/data", hubUrls: ["http://a", "http://b"] };
const settings = settingsWith({ publicKey: keys.publicKey, target });
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
        v: runVersion,
        run: "soak-1",
        number: hour + 1,
        from: "2026-01-01T00:00:00Z",
        to: "2026-01-01T01:00:00Z",
        publicKey,
        settings: settingsHash(settings),
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
const hashes = [...good.values()].map(hashOf);
const copyAt = (hubUrl: string, first = 1, last = hours, publicKey = keys.publicKey): HubCopy => ({
  hubUrl,
  copy: { publicKey, first, hashes: hashes.slice(first - 1, last) },
});
const copies = [copyAt("http://a"), copyAt("http://b")];
const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  settings,
  checkpoints: good,
  copies,
  slices,
  events,
  ...changes,
});
/** With one checkpoint another. */
const withOne = (number: number, checkpoint: unknown) =>
  new Map<string, unknown>([...good, [checkpointName(number), checkpoint]]);
const one = (number: number): Checkpoint => structuredClone(good.get(checkpointName(number)) as Checkpoint); // made above
const found = (changes: Partial<Evidence>) =>
  verifyChain(evidence(changes)).problems.map(({ of, what }) => `${of} ${what}`);

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
          expect(found({ checkpoints, copies: [] })).toEqual([
            `checkpoint ${checkpointName(number)} was edited: its signature does not fit`,
          ]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("names the one after which another stands than was signed, when somebody with the key signed anew", () => {
    const { signature: _, ...body } = one(2);
    const checkpoints = withOne(2, signed({ ...body, to: "2026-01-02T00:00:00Z" }, keys.privateKey));
    expect(found({ checkpoints, copies: [] })).toEqual([
      "checkpoint 0003 does not follow 0002: one of them was replaced",
    ]);
    expect(found({ checkpoints })).toContain("checkpoint 0002 is not the one that http://b knows of");
  });

  it("tells a whole chain signed with another key by the key of the run, and by the copies", () => {
    const checkpoints = chain(makeKeys());
    expect(found({ checkpoints, copies: [] })).toHaveLength(hours);
    expect(found({ checkpoints, copies: [] })[0]).toBe("checkpoint 0001 is signed with another key than the run's");
  });

  it("misses one that was taken away, also the last while a machine has a copy", () => {
    const without = (number: number) => new Map([...good].filter(([name]) => name !== checkpointName(number)));
    expect(found({ checkpoints: without(3), copies: [] })).toEqual(["checkpoint 0003 is missing"]);
    expect(found({ checkpoints: without(hours) })).toEqual([
      "checkpoint 0005 is missing here, and known to http://a",
      "checkpoint 0005 is missing here, and known to http://b",
    ]);
  });

  it("names the one whose raw data was edited, or cut off", () => {
    expect(found({ slices: slices.with(3, slices[3]?.replace("600", "601") ?? "") })).toEqual([
      "checkpoint 0002 vouches for lines 3 to 4 of slices.jsonl, which were edited",
    ]);
    expect(found({ events: events.slice(0, 4) })).toEqual([
      "checkpoint 0005 vouches for lines 5 to 5 of events.jsonl, which were edited",
    ]);
  });

  it("names one that is no checkpoint any more", () => {
    expect(found({ checkpoints: withOne(4, "{"), copies: [] })).toEqual([
      "checkpoint 0004 was edited: it is not as a checkpoint is written",
    ]);
  });
});

describe("the settings of a run", () => {
  it("are vouched for, but for how often it was started and where its hubs are", () => {
    const bars = { ...settings.bars, errors: 50 };
    expect(found({ settings: { ...settings, bars } })).toEqual([
      "soak.json is not what checkpoint 0001 was signed with",
    ]);
    expect(found({ settings: { ...settings, hours: 1 } })).toHaveLength(1);
    expect(found({ settings: { ...settings, starts: 9, hubUrls: ["http://c"] } })).toEqual([]);
  });

  it("are of the run that the checkpoints name", () => {
    expect(found({ settings: { ...settings, run: "soak-2" } })).toContain("checkpoint 0001 is of another run, soak-1");
  });
});

describe("what no checkpoint vouches for", () => {
  it("is counted: lines at the end", () => {
    const { problems, unvouched } = verifyChain(
      evidence({ slices: [...slices, "{}", "{}"], events: [...events, "{}"] }),
    );
    expect({ problems, unvouched }).toEqual({ problems: [], unvouched: { slices: 2, events: 1 } });
  });

  it("is everything where there is no checkpoint", () => {
    expect(found({ checkpoints: new Map(), copies: [] })).toEqual([
      "the folder has no checkpoint, so nothing is vouched for",
    ]);
  });
});

describe("a copy at a hub", () => {
  it("that ends before the last checkpoint, or is missing at one of both, is told", () => {
    expect(found({ copies: [copyAt("http://a", 1, 3), copyAt("http://b")] })).toEqual([
      "the copy at http://a ends with checkpoint 0003",
    ]);
    expect(found({ copies: [{ hubUrl: "http://a", copy: undefined }, copyAt("http://b")] })).toEqual([
      "the copy at http://a is missing",
    ]);
  });

  it("may hold the newest hashes alone", () => {
    expect(found({ copies: [copyAt("http://a", 4)] })).toEqual([]);
  });

  it("of checkpoints signed with another key is told", () => {
    expect(found({ copies: [copyAt("http://a", 1, hours, makeKeys().publicKey)] })).toEqual([
      "the copy at http://a is of checkpoints signed with another key",
    ]);
  });

  it("is not missed where none was kept, or the pair was the run's own", () => {
    const none = [{ hubUrl: "http://a", copy: undefined }];
    const without = (changes: Partial<typeof settings>) =>
      found({ settings: { ...settings, ...changes }, copies: none }).filter((text) => text.startsWith("the copy"));
    expect(without({ copies: false })).toEqual([]);
    expect(without({ target: asked.target })).toEqual([]);
  });
});

describe("a signature", () => {
  it("does not fit with a key that is no key", () => {
    expect(isAsSigned({ ...one(1), publicKey: "no key" })).toBe(false);
  });
});
