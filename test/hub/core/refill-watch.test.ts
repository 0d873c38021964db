import { expect, it } from "vitest";
import { Ledger, type Shares } from "../../../hub/core/ledger.ts";
import { RefillWatch } from "../../../hub/core/refill-watch.ts";

const line = (here: number, there: number, holes = 0): Shares => ({
  stream: "metrics",
  origin: "mainpc",
  here: { count: here, holes: 0 },
  there: { count: there, holes },
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

/** Two ledgers of mainpc's metrics; `judged` is what mainpc makes of what they hold. */
function twoLedgers() {
  const watch = met();
  const [one, other] = [new Ledger("mainpc", "pc2"), new Ledger("pc2", "mainpc")];
  const hold = (ledger: Ledger, ...seqs: number[]) => {
    for (const seq of seqs) ledger.hold("metrics", "mainpc", "life1", seq, 1);
  };
  const judged = (said = other.holdings()) => {
    one.heardHoldings(said);
    return watch.judge(true, () => one.shares());
  };
  return { one, other, hold, judged };
}

it("a record that neither machine has keeps nothing from going home, also under a load", () => {
  const { one, other, hold, judged } = twoLedgers();
  hold(one, 1, 2, 4, 5, 6);
  hold(other, 1, 2, 4);
  expect(judged()).toBe(false);
  hold(one, 7, 8);
  hold(other, 5, 6);
  expect(judged()).toBe(true);
});

it("as many holes are not the same ones: what one of the two still has is waited for", () => {
  const { one, other, hold, judged } = twoLedgers();
  hold(one, 1, 3, 4, 5);
  hold(other, 1, 2, 3, 5);
  expect(judged()).toBe(false);
  hold(one, 2);
  hold(other, 4);
  expect(judged()).toBe(true);
});

it("of a peer that does not say which records it passed over, every hole is waited for", () => {
  const { one, hold, judged } = twoLedgers();
  hold(one, 1, 3);
  expect(judged({ "metrics/mainpc": { count: 2, holes: 1 } })).toBe(false);
  hold(one, 2);
  expect(judged({ "metrics/mainpc": { count: 3, holes: 0 } })).toBe(true);
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
