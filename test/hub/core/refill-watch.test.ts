import { expect, it } from "vitest";
import { Ledger, type Shares } from "../../../hub/core/ledger.ts";
import { RefillWatch } from "../../../hub/core/refill-watch.ts";

const line = (here: number, there: number, holes = 0): Shares => ({
  stream: "metrics",
  origin: "mainpc",
  here,
  there,
  holes,
  alike: true,
});
const theirs: Shares = { ...line(5, 5), origin: "pc2" };
const judge = (watch: RefillWatch, ...lines: Shares[]) => watch.judge(true, () => [theirs, ...lines]);
const parted = (watch: RefillWatch) => watch.judge(false, () => []);

function met(): RefillWatch {
  const watch = new RefillWatch();
  watch.heard(false);
  return watch;
}

it("a pair is refilled once the peer was heard, no hole is left, and what stood on one until then stands on both", () => {
  const watch = new RefillWatch();
  expect(judge(watch, line(7, 7))).toBe(false);
  watch.heard(false);
  expect(judge(watch, line(7, 4))).toBe(false);
  expect(judge(watch, line(9, 8, 1))).toBe(false);
  expect(judge(watch, line(9, 6))).toBe(false);
  expect(judge(watch, line(9, 7))).toBe(true);
});

it("a peer that has lost its own records is not refilled before it has them back", () => {
  const watch = met();
  expect(judge(watch, { ...line(3, 0), origin: "pc2" })).toBe(false);
  expect(judge(watch, { ...line(3, 3), origin: "pc2" })).toBe(true);
});

it("as many records as the peer has are not the same ones, where it has lost its own and stored others since", () => {
  const watch = met();
  const [one, other] = [new Ledger("mainpc", "pc2"), new Ledger("pc2", "mainpc")];
  one.hold("metrics", "pc2", "life1", 1, 1);
  other.hold("metrics", "pc2", "life2", 1, 1);
  const judged = () => {
    one.heardHoldings(other.holdings());
    return watch.judge(true, () => one.shares());
  };
  expect(judged()).toBe(false);
  one.hold("metrics", "pc2", "life2", 1, 1);
  expect(judged()).toBe(false);
  other.hold("metrics", "pc2", "life1", 1, 1);
  expect(judged()).toBe(true);
});

it("a load that never leaves nothing under way does not keep a pair from being refilled", () => {
  const watch = met();
  expect(judge(watch, line(100, 98))).toBe(false);
  expect(judge(watch, line(200, 198))).toBe(true);
});

it("a pair stays refilled until it parts, and must hear each other then and catch up again", () => {
  const watch = met();
  expect(judge(watch, line(7, 7))).toBe(true);
  expect(judge(watch, line(9, 7))).toBe(true);
  expect(parted(watch)).toBe(false);
  expect(judge(watch, line(9, 9))).toBe(false);
  watch.heard(false);
  expect(judge(watch, line(9, 8))).toBe(false);
  expect(judge(watch, line(9, 9))).toBe(true);
});

it("a peer that holds less than it did is to be refilled, though the pair is in sync", () => {
  const watch = met();
  expect(judge(watch, line(7, 7))).toBe(true);
  watch.heard(true);
  expect(judge(watch, line(7, 4))).toBe(false);
  expect(judge(watch, line(7, 7))).toBe(true);
});

it("what is lost on both is not waited for", () => {
  const watch = met();
  expect(judge(watch, line(7, 4))).toBe(false);
  expect(judge(watch, line(5, 5))).toBe(true);
});
