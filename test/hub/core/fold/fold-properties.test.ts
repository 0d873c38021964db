import fc from "fast-check";
import { expect, it } from "vitest";
import { parseExposition } from "../../../../hub/core/exposition/parse.ts";
import { labelText } from "../../../../hub/core/exposition/render.ts";
import { Fold } from "../../../../hub/core/fold/fold.ts";
import { familyBytes, groupBytes } from "../../../../hub/core/fold/snapshot-size.ts";
import { groupKey } from "../../../../hub/core/group-path.ts";
import { compareHlc } from "../../../../hub/core/hlc.ts";
import { records, type Stamped, shuffled } from "./random-records.ts";

function foldOf(all: readonly Stamped[]): Fold {
  const fold = new Fold();
  for (const { push, origin } of all) fold.apply(push, origin);
  return fold;
}

function everythingOf(fold: Fold) {
  return {
    state: fold.state(),
    text: fold.metricsText(),
    groups: [...fold.groups()].map((group) => ({ ...group, text: fold.groupText(group.key) })),
    counts: [fold.groupCount, fold.seriesCount, fold.conflictCount, fold.tombstoneCount],
  };
}

const inTwoOrders = records.chain((all) => fc.tuple(shuffled(all), shuffled(all)));

it("two hubs that get the same records in any two orders, some twice, agree on everything to the byte", () => {
  fc.assert(
    fc.property(inTwoOrders, ([here, there]) => {
      expect(everythingOf(foldOf(here))).toEqual(everythingOf(foldOf(there)));
    }),
    { numRuns: 1_000 },
  );
});

it("any order ends where the order of the stamps ends, by the plain reading of PUT, POST and DELETE", () => {
  fc.assert(
    fc.property(records.chain(shuffled), (all) => {
      const shown = [...foldOf(all).groups()].map(({ key }) => key);
      expect(shown).toEqual([...plainReading(all).keys()].sort());
      for (const dump of foldOf(all).state()) {
        const families = dump.families.map(({ name, stamp }) => [name, stamp.at.wallMs, stamp.machine]);
        expect(families).toEqual([...(plainReading(all).get(dump.key) ?? [])].sort());
      }
    }),
    { numRuns: 500 },
  );
});

it("what is counted in all and by job is what there is, in whatever order records and groups of a snapshot come", () => {
  fc.assert(
    fc.property(records.chain(shuffled), records.chain(shuffled), (all, others) => {
      const fold = foldOf(all);
      for (const dump of foldOf(others).dumps()) fold.merge(dump);
      const counted = new Map<string, { series: number; groups: number }>();
      for (const { group, series } of fold.groups()) {
        const job = group[0]?.[1] ?? "";
        const { series: before, groups } = counted.get(job) ?? { series: 0, groups: 0 };
        counted.set(job, { series: before + series, groups: groups + 1 });
      }
      const { held } = fold.admission;
      const states = fold.state();
      const families = states.flatMap((state) => state.families);
      const characters = families.reduce((sum, family) => sum + familyBytes(family), 0);
      expect(held.total).toEqual({
        remembered: states.length,
        groups: fold.groupCount,
        series: fold.seriesCount,
        characters: characters + states.reduce((sum, { group }) => sum + groupBytes(group), 0),
      });
      for (const [job, sums] of counted) expect(held.of(job)).toMatchObject(sums);
      for (const what of ["series", "groups"] as const) {
        expect(held.largest(what).amount).toBe(Math.max(0, ...[...counted.values()].map((sums) => sums[what])));
      }
    }),
    { numRuns: 500 },
  );
});

it("a mirror that takes in only the groups named as changed never misses a change", () => {
  fc.assert(
    fc.property(records.chain(shuffled), (all) => {
      const fold = new Fold();
      const mirror = new Map<string, string | undefined>();
      for (const { push, origin } of all) {
        for (const key of fold.apply(push, origin).changed) mirror.set(key, fold.groupText(key));
        for (const { key } of fold.state()) expect(mirror.get(key)).toBe(fold.groupText(key));
      }
    }),
    { numRuns: 500 },
  );
});

it("a fold that takes in another one's groups stands as if it had applied its records too", () => {
  fc.assert(
    fc.property(records.chain(shuffled), fc.infiniteStream(fc.nat(2)), (all, sides) => {
      const expiring = all.map(({ push, origin }) => {
        const [expiresAfterMs] = push.op === "delete" ? [] : [[undefined, 10, 20][push.at.wallMs % 3]];
        return { origin, push: expiresAfterMs === undefined ? push : { ...push, expiresAfterMs } };
      });
      const choices = expiring.map((record) => ({ record, side: sides.next().value ?? 0 }));
      const one = foldOf(choices.filter(({ side }) => side !== 1).map(({ record }) => record));
      const other = foldOf(choices.filter(({ side }) => side !== 0).map(({ record }) => record));
      for (const dump of other.dumps()) one.merge(JSON.parse(JSON.stringify(dump)));
      expect(everythingOf(one)).toEqual(everythingOf(foldOf(expiring)));
    }),
    { numRuns: 1_000 },
  );
});

it("a text that was put together step by step equals one that was put together at once", () => {
  fc.assert(
    fc.property(records.chain(shuffled), (all) => {
      const fold = new Fold();
      for (const { push, origin } of all) {
        fold.apply(push, origin);
        fold.metricsText();
      }
      expect(everythingOf(fold)).toEqual(everythingOf(foldOf(all)));
    }),
    { numRuns: 500 },
  );
});

it("whatever two machines accepted apart, the text is valid and holds no series twice", () => {
  fc.assert(
    fc.property(records.chain(shuffled), (all) => {
      expectValid(foldOf(all).metricsText());
    }),
    { numRuns: 1_000 },
  );
});

it("pushes that were checked one after the other never conflict, and replaying them changes nothing", () => {
  fc.assert(
    fc.property(records, (all) => {
      const fold = new Fold();
      const accepted: Stamped[] = [];
      all.forEach(({ push }, i) => {
        if (!fold.check(push).ok) return;
        const record = { push: { ...push, at: { wallMs: i + 1, counter: 0 } }, origin: "mainpc" };
        expect(fold.apply(record.push, record.origin).outcome).toBe("applied");
        accepted.push(record);
      });
      expect(fold.conflictCount).toBe(0);
      const before = everythingOf(fold);
      for (const { push, origin } of accepted) {
        expect(fold.apply(push, origin)).toEqual({ outcome: "repeated", changed: [] });
      }
      expect(everythingOf(fold)).toEqual(before);
    }),
    { numRuns: 500 },
  );
});

/** Families by group, each with its write's time and machine, from applying the writes in the order of their stamps. */
function plainReading(all: readonly Stamped[]): Map<string, [string, number, string][]> {
  const groups = new Map<string, [string, number, string][]>();
  const inOrder = all.toSorted((a, b) => compareHlc(a.push.at, b.push.at, a.origin, b.origin));
  for (const { push, origin } of inOrder) {
    const key = groupKey(push.group);
    if (push.op === "delete") {
      groups.delete(key);
      continue;
    }
    const alone = new Fold();
    if (alone.apply(push, origin).outcome === "unreadable") continue;
    const names = alone.state().flatMap(({ families }) => families.map(({ name }) => name));
    const kept = push.op === "put" ? [] : (groups.get(key) ?? []).filter(([name]) => !names.includes(name));
    groups.set(key, [...kept, ...names.map((name): [string, number, string] => [name, push.at.wallMs, origin])]);
  }
  return groups;
}

function expectValid(text: string): void {
  const parsed = parseExposition(text);
  if (!parsed.ok) throw new Error(`line ${parsed.line}: ${parsed.reason}\n${text}`);
  const seen = new Set<string>();
  for (const { name, metrics } of parsed.families) {
    for (const { labels } of metrics) {
      const series = `${name}{${labelText(labels)}}`;
      if (seen.has(series)) throw new Error(`${series} is there twice\n${text}`);
      seen.add(series);
    }
  }
}
