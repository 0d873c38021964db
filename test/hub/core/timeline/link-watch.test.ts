import { expect, it } from "vitest";
import { LinkWatch } from "../../../../hub/core/timeline/link-watch.ts";

/** Looks every 250 ms; of each look, when it was and since when the peer was not heard. */
function play(watch: LinkWatch, untilMs: number, heardAgoMs: (atMs: number) => number | undefined, fromMs = 0) {
  const turns: string[] = [];
  for (let atMs = fromMs; atMs <= untilMs; atMs += 250) {
    const turn = watch.look(heardAgoMs(atMs), atMs);
    if (turn?.to === "lost") turns.push(`${atMs} lost`);
    if (turn?.to === "healed") turns.push(`${atMs} healed after ${turn.lostForMs}`);
  }
  return turns;
}

/** Silent between the two. */
const silent = (fromMs: number, toMs: number) => (atMs: number) => (atMs > fromMs && atMs < toMs ? atMs - fromMs : 10);

it("the link is lost after 2 s of silence, and healed after 2 s in which the peer was heard", () => {
  expect(play(new LinkWatch(), 20_000, silent(5_000, 9_000))).toEqual(["7000 lost", "11000 healed after 4000"]);
});

it("silence of 1.75 s is not told, and neither is a peer that was never heard", () => {
  expect(play(new LinkWatch(), 20_000, silent(5_000, 6_900))).toEqual([]);
  expect(play(new LinkWatch(), 20_000, () => undefined)).toEqual([]);
});

it("a peer that is heard for 1 s and lost again was lost all the time", () => {
  const heard = (atMs: number) => (atMs < 9_000 ? silent(5_000, 8_000)(atMs) : silent(9_000, 12_000)(atMs));
  expect(play(new LinkWatch(), 20_000, heard)).toEqual(["7000 lost", "14000 healed after 7000"]);
});

it("a look that comes 5 s late says nothing of the peer", () => {
  const watch = new LinkWatch();
  expect(play(watch, 1_000, () => 10)).toEqual([]);
  expect(watch.look(5_000, 6_000)).toBeUndefined();
  expect(play(watch, 9_000, () => 10, 6_250)).toEqual([]);
});

it("a hub whose earlier life has told the loss tells that it healed, once", () => {
  const watch = new LinkWatch();
  play(watch, 1_000, () => 10);
  watch.resumeLost();
  expect(play(watch, 9_000, () => 10, 1_250)).toEqual(["2000 healed after undefined"]);
  watch.resumeLost();
  expect(play(watch, 19_000, () => 10, 9_250)).toEqual([]);
});
