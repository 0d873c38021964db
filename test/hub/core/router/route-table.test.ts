import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newTable, offer, standing } from "../../../../hub/core/router/route-table.ts";
import type { RouteWord } from "../../../../hub/core/router/word.ts";

const to = { host: "192.0.2.1", port: 80 };
const word = (epoch: number, more: Partial<RouteWord> = {}): RouteWord => ({
  service: "a",
  epoch,
  to,
  untilMonoMs: null,
  ...more,
});

describe("the table of routes", () => {
  it("never lowers an epoch, and never keeps a word of another than the highest, whatever comes", () => {
    const words = fc.array(fc.tuple(fc.constantFrom("a", "b", "nobody"), fc.nat(5), fc.nat(5)));
    fc.assert(
      fc.property(words, (heard) => {
        let table = newTable(["a", "b"], new Map([["a", 2]]));
        for (const [service, epoch, sentMs] of heard) {
          const { table: next, refused, taken, grew } = offer(table, [word(epoch, { service })], sentMs);
          const before = table.epochs.get(service);
          const after = next.epochs.get(service);
          expect(taken.length + refused.length).toBe(1);
          expect(grew).toBe(after !== before);
          if (before !== undefined) expect(after).toBeGreaterThanOrEqual(before);
          if (next.words.has(service)) expect(next.words.get(service)?.word.epoch).toBe(after);
          table = next;
        }
        expect(table.epochs.has("nobody")).toBe(false);
      }),
    );
  });

  it("refuses of two words of one epoch the one that was sent first and came last", () => {
    const table = newTable(["a"], new Map());
    const held = offer(table, [word(1, { to: null })], 20).table;
    const { refused, taken } = offer(held, [word(1)], 10);
    expect([refused, taken]).toEqual([[{ service: "a", epoch: 1, why: "late", known: 1 }], []]);
    expect(offer(held, [word(2)], 10).taken).toHaveLength(1);
  });

  it("holds without a word, when told so, and from the very end of the lease on", () => {
    expect(standing(undefined, 0)).toEqual({ held: "no-word", to: null });
    expect(standing(word(1, { to: null }), 0)).toEqual({ held: "told", to: null });
    expect(standing(word(1, { untilMonoMs: 10 }), 9.9)).toEqual({ held: null, to });
    expect(standing(word(1, { untilMonoMs: 10 }), 10)).toEqual({ held: "expired", to: null });
  });
});
