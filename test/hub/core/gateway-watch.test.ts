import { describe, expect, it } from "vitest";
import type { Sighting } from "../../../hub/core/gateway-groups.ts";
import { GatewayWatch, type Known, type Look } from "../../../hub/core/gateway-watch.ts";

const seen = (key: string, pushedAtMs: number): Sighting => ({ key, group: [["job", key]], pushedAtMs });

/** Knows of `a` unless told otherwise, and began to look at 1,000 ms. */
function look(watch: GatewayWatch, sightings: Sighting[], more: Partial<Look> = {}, known: Known = "stands") {
  const nothing = { touched: new Set<string>(), known: () => known, keys: ["a"], sinceMs: 1_000, settled: true };
  return watch.judge({ sightings, ...nothing, ...more });
}

const quiet = { refeed: [], straight: [] };
const straight = { refeed: [], straight: ["a"] };
const refeed = { refeed: ["a"], straight: [] };

function fed(startMs: number, endMs: number): GatewayWatch {
  const watch = new GatewayWatch();
  watch.fed("a", startMs, endMs);
  return watch;
}

describe("what a look at the Pushgateway tells", () => {
  it("is nothing of a group that was pushed while this hub fed it, at the rounding of clocks", () => {
    for (const at of [1_998, 2_000.4, 2_007, 2_009]) expect(look(fed(2_000, 2_007), [seen("a", at)])).toEqual(quiet);
  });

  it("is a straight push when the push time is later than the feed's end", () => {
    expect(look(fed(2_000, 2_007), [seen("a", 2_010)])).toEqual(straight);
  });

  it("is nothing while the Pushgateway shows the state before the feed, which it takes in later than it answers", () => {
    const watch = fed(2_000, 2_007);
    expect(look(watch, [seen("a", 1_500)])).toEqual(quiet);
    expect(look(watch, [seen("a", 2_003)])).toEqual(quiet);
  });

  it("is a straight push too when the clock was set back and the push time changes without a feed", () => {
    const watch = fed(2_000, 2_007);
    expect(look(watch, [seen("a", 2_003)])).toEqual(quiet);
    expect(look(watch, [seen("a", 700)])).toEqual(straight);
    expect(look(watch, [seen("a", 700)])).toEqual(straight);
  });

  it("is the same straight push again until it was taken over, fed again, or found to be equal", () => {
    const watch = fed(2_000, 2_007);
    const sighting = seen("a", 2_010);
    expect([look(watch, [sighting]), look(watch, [sighting])]).toEqual([straight, straight]);
    watch.equal(sighting);
    expect(look(watch, [sighting])).toEqual(quiet);
    expect(look(watch, [seen("a", 2_020)])).toEqual(straight);
    watch.fed("a", 2_030, 2_031);
    expect(look(watch, [seen("a", 2_030.5)])).toEqual(quiet);
  });

  it("is nothing of what was changed or fed meanwhile, whether it is there or not", () => {
    const touched = new Set(["a"]);
    expect(look(fed(2_000, 2_007), [seen("a", 9_999)], { touched })).toEqual(quiet);
    expect(look(fed(2_000, 2_007), [], { touched })).toEqual(quiet);
  });

  it("is a group to feed again when one is missing that stands, never one that is deleted", () => {
    expect(look(fed(2_000, 2_007), [])).toEqual(refeed);
    expect(look(fed(2_000, 2_007), [], {}, "deleted")).toEqual(quiet);
  });

  it("is a group to delete again when it is older than its DELETE, and a straight push when it is newer", () => {
    expect(look(fed(2_000, 2_007), [seen("a", 1_990)], {}, "deleted")).toEqual(refeed);
    expect(look(fed(2_000, 2_007), [seen("a", 2_100)], {}, "deleted")).toEqual(straight);
  });

  it("is a straight push when nobody knows the group, but an old one only once this hub holds all that the pair has", () => {
    const watch = new GatewayWatch();
    expect(look(watch, [seen("a", 900)], { keys: [] }, "nothing")).toEqual(straight);
    expect(look(watch, [seen("a", 900)], { keys: [], settled: false }, "nothing")).toEqual(quiet);
    expect(look(watch, [seen("a", 1_100)], { keys: [], settled: false }, "nothing")).toEqual(straight);
  });

  it("is nothing of a group that is known and was never fed: it is about to be", () => {
    expect(look(new GatewayWatch(), [seen("a", 9_999)])).toEqual(quiet);
    const watch = fed(2_000, 2_007);
    watch.forget();
    expect(look(watch, [seen("a", 9_999)])).toEqual(quiet);
  });

  it("is a group to delete when it was deleted without a feed, and a straight push once a look has missed it and it is newer than the first", () => {
    const watch = new GatewayWatch();
    // From before the hub's start, or of a clock that was ahead.
    for (const at of [900, 9_999]) expect(look(watch, [seen("a", at)], {}, "deleted")).toEqual(refeed);
    expect(look(watch, [], {}, "deleted")).toEqual(quiet);
    // A feed that failed may come late.
    expect(look(watch, [seen("a", 900)], {}, "deleted")).toEqual(refeed);
    expect(look(watch, [], {}, "deleted")).toEqual(quiet);
    expect(look(watch, [seen("a", 1_100)], {}, "deleted")).toEqual(straight);
    // The old file of one that was started anew.
    watch.forget();
    expect(look(watch, [seen("a", 1_100)], {}, "deleted")).toEqual(refeed);
  });

  it("lets the Pushgateway hold what was fed or shown last, and forgets 10,000 unknown groups that were taken away and are gone", () => {
    const watch = new GatewayWatch();
    const [none, keys] = [{ keys: [] }, Array.from({ length: 10_000 }, (_, i) => `k${i}`)];
    for (const key of keys) watch.fed(key, 2_000, 2_001);
    const [gone, fedMeanwhile, stillThere] = keys as [string, string, string]; // there are 10,000
    const held = () => keys.filter((key) => watch.mayHold(key));
    look(watch, [seen(stillThere, 1_990)], { ...none, touched: new Set([fedMeanwhile]) }, "nothing");
    expect([held(), watch.mayHold(gone)]).toEqual([[fedMeanwhile, stillThere], false]);
    look(watch, [], none, "nothing");
    expect(held()).toEqual([]);
    watch.fed(gone, 2_000, 2_001);
    look(watch, [], none, "deleted");
    look(watch, [seen("shown", 900)], { ...none, settled: false }, "nothing");
    expect([held(), watch.mayHold("shown")]).toEqual([[], true]);
  });
});
