import { describe, expect, it } from "vitest";
import { FeedPace } from "../../../hub/core/feed-pace.ts";

describe("the pace of feeds", () => {
  const spend = (pace: FeedPace, atMs: number) => {
    let count = 0;
    for (; pace.has(atMs); count++) pace.use();
    return count;
  };

  it("lets 500 go at once after a quiet second, then one every 2 ms", () => {
    const pace = new FeedPace(500);
    expect(spend(pace, 1_000)).toBe(500);
    expect(pace.waitMs()).toBe(2);
    expect([spend(pace, 1_001), spend(pace, 1_002), spend(pace, 1_012)]).toEqual([0, 1, 5]);
  });

  it("saves no more than one second's feeds, however long it was quiet", () => {
    const pace = new FeedPace(500);
    expect([spend(pace, 1_000), spend(pace, 3_600_000)]).toEqual([500, 500]);
  });

  it("is not given back by a clock that seems to go back", () => {
    const pace = new FeedPace(500);
    spend(pace, 1_000);
    expect([spend(pace, 900), spend(pace, 1_000)]).toEqual([0, 0]);
  });
});
