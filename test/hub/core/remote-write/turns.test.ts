import fc from "fast-check";
import { expect, it } from "vitest";
import { RemoteWriteWord, type TurnQuestion, turnOf, Voice } from "../../../../hub/core/remote-write/turns.ts";

const asked = (change: Partial<TurnQuestion>): TurnQuestion => ({
  request: { kind: "shared", atMs: 100_000 },
  isFirst: false,
  peer: { linked: true, sent: { fromMs: 50_000, upToMs: 90_000 } },
  nowMs: 101_000,
  everyMs: 15_000,
  ...change,
});
const turn = (change: Partial<TurnQuestion>) => turnOf(asked(change));

it("of what both have, the first hub sends at once, and the other one leaves it once it is told that it is there", () => {
  expect(turn({ isFirst: true })).toBe("send");
  expect(turn({})).toBe("wait");
  expect(turn({ peer: { linked: true, sent: { fromMs: 50_000, upToMs: 100_000 } } })).toBe("leave");
});

it("the other one sends when the first is dead, has said nothing of the target, or is behind by two samplings and 10 s", () => {
  expect(turn({ peer: { linked: false, sent: { fromMs: 50_000, upToMs: 90_000 } } })).toBe("send");
  expect(turn({ peer: { linked: true, sent: undefined } })).toBe("send");
  expect(turn({ nowMs: 130_000 })).toBe("wait");
  expect(turn({ nowMs: 130_001 })).toBe("send");
});

it("the first leaves what the other one has sent in its place, and a dead one's word of what is there still holds", () => {
  expect(turn({ isFirst: true, peer: { linked: true, sent: { fromMs: 50_000, upToMs: 100_000 } } })).toBe("leave");
  expect(turn({ peer: { linked: false, sent: { fromMs: 50_000, upToMs: 100_000 } } })).toBe("leave");
});

it("an instant before those that the peer answers for is sent by whoever has it: the peer may not have sampled it", () => {
  const peer = { linked: true, sent: { fromMs: 100_001, upToMs: 150_000 } };
  expect([turn({ peer }), turn({ peer, isFirst: true })]).toEqual(["send", "send"]);
});

it("what a hub alone knows it sends whatever the other one says, and never neither of two sends for long what nobody has", () => {
  const peer = fc.record({
    linked: fc.boolean(),
    sent: fc.option(fc.record({ fromMs: fc.nat(200_000), upToMs: fc.nat(200_000) }), { nil: undefined }),
  });
  fc.assert(
    fc.property(peer, fc.boolean(), fc.nat(300_000), (each, isFirst, nowMs) => {
      expect(turn({ request: { kind: "apart", atMs: 100_000 }, isFirst, peer: each, nowMs })).toBe("send");
      const late = { request: { kind: "shared" as const, atMs: 100_000 }, nowMs: 100_000 + nowMs, everyMs: 15_000 };
      // Neither has sent it, so neither says that it is there.
      const before = { linked: true, sent: { fromMs: 50_000, upToMs: 99_999 } };
      const turns = [true, false].map((first) => turnOf({ ...late, isFirst: first, peer: before }));
      expect(turns[0]).toBe("send");
      if (nowMs > 40_000) expect(turns[1]).toBe("send");
    }),
  );
});

it("a word is bounded, and says nothing of a target by null", () => {
  expect(RemoteWriteWord.parse({ near: { fromMs: 1, upToMs: 5 }, far: null })).toEqual({
    near: { fromMs: 1, upToMs: 5 },
    far: null,
  });
  const many = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`t${i}`, null]));
  expect(RemoteWriteWord.safeParse(many).success).toBe(false);
});

it("what was said under a hub's name is ended once, with the first instant that is wholly left to the peer", () => {
  const voice = new Voice();
  const of = (atMs: number) => ({ kind: "shared", atMs }) as const;
  // An earlier process may have spoken.
  expect([voice.ends(of(1)), voice.ends(of(1)), voice.ends(of(2))]).toEqual([true, true, false]);
  voice.spoke(of(3));
  // Half of an instant was sent: the other half is no place to end all of them.
  expect([voice.ends(of(3)), voice.ends(of(4)), voice.ends(of(4)), voice.ends(of(5))]).toEqual([
    false,
    true,
    true,
    false,
  ]);
  voice.spoke({ kind: "own", atMs: 6 });
  expect(voice.ends(of(6))).toBe(false);
  voice.spoke({ kind: "apart", atMs: 7 });
  expect(voice.ends(of(8))).toBe(true);
});
