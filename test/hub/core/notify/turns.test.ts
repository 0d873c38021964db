import { expect, it } from "vitest";
import { attemptMs, beginWithinMs, mayBegin, type TurnQuestion, turnMs } from "../../../../hub/core/notify/turns.ts";

const question: TurnQuestion = {
  self: "mainpc",
  origin: "mainpc",
  machines: ["mainpc", "pc2"],
  channel: "phone",
  dueMs: 0,
  nowMs: 0,
  learnedAtMs: undefined,
  clockMs: 0,
  peer: { cutForMs: undefined, channels: ["phone"], saidAtMs: 0 },
};
const asked = (change: Partial<TurnQuestion>) => mayBegin({ ...question, ...change });

it("while both hubs have a channel, they take turns of 30 s, the origin's first, and no attempt reaches into the other's turn", () => {
  for (let nowMs = 0; nowMs < 10 * turnMs; nowMs += 500) {
    const may = (self: string) => asked({ self, nowMs, learnedAtMs: -1 });
    expect(may("mainpc") && may("pc2")).toBe(false);
    const first = Math.floor(nowMs / turnMs) % 2 === 0 ? "mainpc" : "pc2";
    expect(may(first)).toBe(nowMs % turnMs < beginWithinMs);
  }
  expect(beginWithinMs + attemptMs).toBeLessThan(turnMs);
});

it("a hub that cannot hear the other one tells its own at once and the other's after 2 s", () => {
  const cut = (cutForMs: number) => ({ ...question.peer, cutForMs });
  expect(asked({ peer: cut(0) })).toBe(true);
  expect(asked({ self: "pc2", peer: cut(1_999) })).toBe(false);
  expect(asked({ self: "pc2", peer: cut(2_000) })).toBe(true);
});

it("what this hub has not just made itself waits for the peer's next word on what was told, 30 s at most", () => {
  const heard = (saidAtMs: number | undefined) => ({ ...question.peer, saidAtMs });
  expect(asked({ learnedAtMs: 100, clockMs: 200, peer: heard(undefined) })).toBe(false);
  expect(asked({ learnedAtMs: 100, clockMs: 200, peer: heard(100) })).toBe(false);
  expect(asked({ learnedAtMs: 100, clockMs: 200, peer: heard(101) })).toBe(true);
  expect(asked({ learnedAtMs: 100, clockMs: 100 + turnMs, peer: heard(undefined) })).toBe(true);
});

it("a channel that only one hub has is that hub's, whoever the origin is", () => {
  const without = { ...question.peer, channels: ["mail"] };
  expect(asked({ self: "pc2", learnedAtMs: -1, peer: without })).toBe(true);
});

it("an origin that is not known any more leaves the first turn to the pair's first machine", () => {
  expect([asked({ origin: "" }), asked({ origin: "", self: "pc2" })]).toEqual([true, false]);
});
