import { describe, expect, it } from "vitest";
import { BeatFilter, type CountedBeat } from "../../../hub/core/beat-filter.ts";

const beat = (incarnation: string, counter: number, echoed = 100) => ({
  incarnation,
  counter,
  echo: { incarnation: "own", counter: echoed },
});

/** Of a hub that has sent 100 beats. */
function listener(sent = 100) {
  const filter = new BeatFilter("own");
  return {
    isNews: (heard: CountedBeat, atMs: number) => filter.isNews(heard, atMs, sent),
    get incarnation() {
      return filter.incarnation;
    },
  };
}

describe("the filter of beats", () => {
  it("takes each counter once, whatever path brings it again, and none that is lower", () => {
    const filter = listener();
    const taken = [1, 1, 3, 2, 3, 4].map((counter, atMs) => filter.isNews(beat("a", counter), atMs));
    expect(taken).toEqual([true, false, true, false, false, true]);
  });

  it("takes up no incarnation that has not heard this hub: a beat kept from an earlier life names another one", () => {
    const filter = listener();
    const earlier = { incarnation: "earlier", counter: 100 };
    expect(filter.isNews({ incarnation: "a", counter: 1 }, 0)).toBe(false);
    expect(filter.isNews({ incarnation: "a", counter: 2, echo: earlier }, 50)).toBe(false);
    expect(filter.incarnation).toBe("");
    expect(filter.isNews(beat("a", 3), 100)).toBe(true);
    expect(filter.incarnation).toBe("a");
  });

  it("takes up no incarnation by a beat that a stream kept: it answers one of this hub's that is more than 40 beats old", () => {
    const filter = listener();
    expect(filter.isNews(beat("b", 1), 0)).toBe(true);
    expect(filter.isNews(beat("a", 7, 59), 5_000)).toBe(false);
    expect(filter.isNews(beat("b", 2), 5_050)).toBe(true);
    expect(filter.isNews(beat("c", 1, 60), 5_100)).toBe(true);
  });

  it("goes on with a peer that no longer hears this hub, as over a link that is cut one way", () => {
    const filter = listener();
    const deaf = [{ incarnation: "a", counter: 2 }, beat("a", 3, 1)];
    expect([beat("a", 1), ...deaf].map((heard, at) => filter.isNews(heard, 50 * at))).toEqual([true, true, true]);
  });

  it("passes over a late beat of a hub that was replaced, and takes it back after 1 s without its successor", () => {
    const filter = listener();
    filter.isNews(beat("a", 7), 0);
    expect(filter.isNews(beat("b", 1), 100)).toBe(true);
    expect(filter.isNews(beat("a", 8), 200)).toBe(false);
    expect(filter.isNews(beat("a", 9), 1_100)).toBe(true);
    expect(filter.incarnation).toBe("a");
  });

  it("takes no repeated beat of a hub that was replaced, however long its successor is silent", () => {
    const filter = listener();
    filter.isNews(beat("a", 7), 0);
    filter.isNews(beat("b", 1), 100);
    expect(filter.isNews(beat("a", 7), 60_000)).toBe(false);
    expect(filter.isNews(beat("a", 6), 60_000)).toBe(false);
  });
});
