/** Random families as the parser hands them out. */
import fc from "fast-check";
import type { Family, Metric, MetricType } from "../../../../hub/core/exposition/family.ts";

const text = fc.string({ unit: fc.constantFrom("a", "\\", '"', "\n", "n", " ", "}", ",", "é", "𝄞") });
const value = fc.oneof(fc.double(), fc.integer(), fc.double({ min: -10, max: 1e7 })).map((each) => each + 0);
const count = fc.nat(2 ** 31 - 1);

const labels = fc
  .uniqueArray(fc.tuple(fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,4}$/), text), {
    maxLength: 3,
    selector: ([name]) => name,
  })
  .map((pairs) => pairs.filter(([name]) => !name.startsWith("__") && name !== "le" && name !== "quantile").flat());

const points = (each: fc.Arbitrary<number>) =>
  fc
    .uniqueArray(
      fc.double({ noNaN: true, min: 0, max: 100 }).map((bound) => bound + 0),
      { maxLength: 4 },
    )
    .chain((bounds) => fc.tuple(...bounds.map((bound) => fc.tuple(fc.constant(bound), each))))
    .map((pairs) => pairs.flat());

function metric(type: MetricType): fc.Arbitrary<Metric> {
  if (type !== "histogram" && type !== "summary") {
    return fc.record({ labels, value, distribution: fc.constant(undefined) });
  }
  const distribution = fc
    .tuple(points(type === "histogram" ? count : value), value, count)
    .map(([pairs, sum, all]) => ({
      points: type === "histogram" ? [...pairs, Number.POSITIVE_INFINITY, all] : pairs,
      sum,
      count: all,
    }));
  return fc.record({ labels, value: fc.constant(0), distribution });
}

export const family: fc.Arbitrary<Family> = fc
  .constantFrom<MetricType>("counter", "gauge", "histogram", "summary", "untyped")
  .chain((type) =>
    fc.record({
      name: fc.stringMatching(/^[a-z:][a-z0-9:]{0,6}$/),
      type: fc.constant(type),
      help: fc.option(
        // A help is read from its first character that is no blank.
        text.filter((each) => each !== "" && !each.startsWith(" ")),
        { nil: undefined },
      ),
      metrics: fc.uniqueArray(metric(type), {
        minLength: 1,
        maxLength: 4,
        selector: (each) => JSON.stringify(pairsOf(each.labels)),
      }),
    }),
  );

function pairsOf(each: string[]): string[] {
  return each.flatMap((name, i) => (i % 2 === 0 ? [JSON.stringify([name, each[i + 1]])] : [])).sort();
}
