import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expiredGroups, standInAfterMs } from "../../../../hub/core/fold/expiry.ts";
import { Fold } from "../../../../hub/core/fold/fold.ts";
import { compareHlc, type Hlc, hlcZero, mergeHlc, nextHlc } from "../../../../hub/core/hlc.ts";
import type { Push } from "../../../../hub/core/record.ts";

const put = (wallMs: number, expiresAfterMs?: number, body = "x 1\n"): Push => ({
  kind: "push",
  op: "put",
  group: [["job", "a"]],
  body,
  at: { wallMs, counter: 0 },
  ...(expiresAfterMs !== undefined && { expiresAfterMs }),
});

const foldOf = (...pushes: [Push, string][]) => {
  const fold = new Fold();
  for (const [push, origin] of pushes) fold.apply(push, origin);
  return fold;
};

const expired = (fold: Fold, machine: string, nowMs: number, peerDeadForMs?: number) => [
  ...expiredGroups(fold.expiring(), { machine, nowMs, peerDeadForMs }),
];

describe("a group that lives 1,000 ms", () => {
  const fold = foldOf([put(5_000, 1_000), "mainpc"]);

  it("is deleted at 6,000 ms by the hub that took its push, and not at 5,999", () => {
    expect(expired(fold, "mainpc", 5_999)).toEqual([]);
    expect(expired(fold, "mainpc", 6_000)).toEqual([
      {
        kind: "push",
        op: "delete",
        group: [["job", "a"]],
        body: "",
        upTo: { at: { wallMs: 5_000, counter: 0 }, machine: "mainpc" },
      },
    ]);
  });

  it(`is left to that hub by the peer's, until that hub has been dead for ${standInAfterMs} ms`, () => {
    expect(expired(fold, "pc2", 60_000)).toEqual([]);
    expect(expired(fold, "pc2", 60_000, standInAfterMs - 1)).toEqual([]);
    expect(expired(fold, "pc2", 60_000, standInAfterMs)).toHaveLength(1);
  });
});

it("a later push renews the group, and one that names no time lets it live for ever", () => {
  const renewed = foldOf([put(5_000, 1_000), "mainpc"], [put(5_900, 1_000), "pc2"]);
  expect(expired(renewed, "mainpc", 6_500)).toEqual([]);
  expect(expired(renewed, "pc2", 6_900)).toHaveLength(1);
  expect(expired(foldOf([put(5_000, 1_000), "mainpc"], [put(5_900), "mainpc"]), "mainpc", 1e9)).toEqual([]);
});

it("a group that was deleted, or never given a time, does not expire", () => {
  const deletion: Push = { ...put(5_500), op: "delete", body: "" };
  expect(expired(foldOf([put(5_000, 1_000), "mainpc"], [deletion, "mainpc"]), "mainpc", 1e9)).toEqual([]);
  expect(expired(foldOf([put(5_000), "mainpc"]), "mainpc", 1e9)).toEqual([]);
});

it("a DELETE of an expired group takes no push that came later, not even within the same millisecond", () => {
  const [deletion] = expired(foldOf([put(5_000, 1_000), "mainpc"]), "mainpc", 6_000);
  const stamped: Push = { ...(deletion ?? expect.unreachable()), at: { wallMs: 7_000, counter: 0 } };
  const later: [Push, string][] = [
    [{ ...put(5_000, 1_000, "y 1\n"), at: { wallMs: 5_000, counter: 1 } }, "mainpc"],
    [put(5_000, 1_000, "y 1\n"), "pc2"],
    [put(5_500, 1_000, "y 1\n"), "pc2"],
  ];
  for (const [push, origin] of later) {
    const first: [Push, string] = [put(5_000, 1_000), "mainpc"];
    for (const order of [
      [first, [stamped, "mainpc"], [push, origin]],
      [[push, origin], [stamped, "mainpc"], first],
      [first, [push, origin], [stamped, "mainpc"]],
    ] as [Push, string][][]) {
      expect(foldOf(...order).groupText("a"), "no such key").toBeUndefined();
      expect(foldOf(...order).groupText('job="a"')).toBe('# TYPE y untyped\ny{instance="",job="a"} 1\n');
    }
  }
});

interface Hub {
  name: string;
  skewMs: number;
  clock: Hlc;
  fold: Fold;
  /** Records of the other hub that have not come here yet. */
  due: Push[];
}

type Step =
  | { do: "push"; hub: 0 | 1; group: string; op: "put" | "post"; expiresAfterMs: number | undefined }
  | { do: "look"; hub: 0 | 1; peerDead: boolean }
  | { do: "copy"; hub: 0 | 1; records: number }
  | { do: "wait"; ms: number };

const side = fc.constantFrom<0 | 1>(0, 1);
const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant("push" as const),
      hub: side,
      group: fc.constantFrom("a", "b"),
      op: fc.constantFrom("put", "post"),
      expiresAfterMs: fc.constantFrom(undefined, 1, 10, 100),
    }),
    fc.record({ do: fc.constant("look" as const), hub: side, peerDead: fc.boolean() }),
    fc.record({ do: fc.constant("copy" as const), hub: side, records: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.nat(20) }),
  ),
  { maxLength: 40 },
) as fc.Arbitrary<Step[]>; // the oneof's union is the same, member by member

it("two hubs with skewed clocks and a link that comes and goes end alike, and no push is deleted before its time", () => {
  fc.assert(
    fc.property(steps, fc.nat(15), (all, skewMs) => {
      const [one, two]: [Hub, Hub] = [hubOf("mainpc", 0), hubOf("pc2", skewMs)];
      const hubs = [one, two];
      const taken: { push: Push; origin: string }[] = [];
      let nowMs = 1_000;
      const append = (at: 0 | 1, push: Omit<Push, "at">) => {
        const hub = hubs[at] ?? one;
        hub.clock = nextHlc(hub.clock, nowMs + hub.skewMs);
        const record = { ...push, at: hub.clock };
        hub.fold.apply(record, hub.name);
        (at === 0 ? two : one).due.push(record);
        return record;
      };
      const look = (at: 0 | 1, peerDeadForMs: number | undefined) => {
        const hub = hubs[at] ?? one;
        const view = { machine: hub.name, nowMs: nowMs + hub.skewMs, peerDeadForMs };
        for (const deletion of [...expiredGroups(hub.fold.expiring(), view)]) append(at, deletion);
      };
      const copy = (at: 0 | 1, records: number) => {
        const hub = hubs[at] ?? one;
        for (const record of hub.due.splice(0, records)) {
          hub.clock = mergeHlc(hub.clock, record.at);
          hub.fold.apply(record, (at === 0 ? two : one).name);
        }
      };
      all.forEach((step, i) => {
        if (step.do === "wait") nowMs += step.ms;
        else if (step.do === "copy") copy(step.hub, step.records);
        else if (step.do === "look") look(step.hub, step.peerDead ? standInAfterMs : undefined);
        else {
          const { op, expiresAfterMs } = step;
          const body = `m${i} 1\n`;
          const group: Push["group"] = [["job", step.group]];
          const push = append(step.hub, { kind: "push", op, group, body, ...(expiresAfterMs && { expiresAfterMs }) });
          taken.push({ push, origin: hubs[step.hub]?.name ?? "" });
        }
      });
      for (const end of ["copied", "looked", "copied again"]) {
        for (const at of [0, 1] as const) end === "looked" ? look(at, undefined) : copy(at, Number.POSITIVE_INFINITY);
      }
      expect(one.fold.state()).toEqual(two.fold.state());

      for (const group of ["a", "b"]) {
        const newest = taken
          .filter(({ push }) => push.group[0]?.[1] === group)
          .sort((a, b) => compareHlc(a.push.at, b.push.at, a.origin, b.origin))
          .at(-1);
        if (newest === undefined) continue;
        const endsAtMs = newest.push.at.wallMs + (newest.push.expiresAfterMs ?? Number.POSITIVE_INFINITY);
        const text = one.fold.groupText(`job="${group}"`);
        // Either hub may have judged, by its own clock.
        if (nowMs + skewMs < endsAtMs) expect(text).toContain(newest.push.body.split(" ")[0]);
        if (nowMs >= endsAtMs) expect(text).toBeUndefined();
      }
    }),
    { numRuns: 1_000 },
  );
});

const hubOf = (name: string, skewMs: number): Hub => ({ name, skewMs, clock: hlcZero, fold: new Fold(), due: [] });
