import { expect, it } from "vitest";
import { parseExposition } from "../../../hub/core/exposition/parse.ts";
import { compareWays, listed } from "../../../ops/migrate/compare.ts";

const families = (text: string) => {
  const parsed = parseExposition(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.families;
};

it("both ways bring the same series when they differ in job, instance, machine and arrangement alone", () => {
  const before = families(
    '# TYPE served_total counter\nserved_total{job="Tutor",instance="pc2:9",machine="pc2",a="1"} 5\n',
  );
  const after = families(
    '# TYPE served_total counter\nserved_total{a="1",job="Tutor",instance="",machine="pc2",arrangement="shadow"} 6\n',
  );
  expect(compareWays(before, after)).toEqual({ missing: [], notes: [], series: 1 });
});

it("names the series that the new way lacks, and counters that go back", () => {
  const before = families('# TYPE served_total counter\nserved_total{a="1"} 5\nserved_total{a="2"} 5\n');
  const after = families('# TYPE served_total counter\nserved_total{a="1"} 4\n');
  expect(compareWays(before, after)).toEqual({
    missing: ['served_total{a="2"}'],
    notes: ['counters that are lower by the new way: served_total{a="1"}'],
    series: 2,
  });
});

it("what a Pushgateway stamps and what an agent says of its hub file is not compared", () => {
  const before = families("push_time_seconds 5\ntandem_agent_hub_revision 2\nload 1\n");
  expect(compareWays(before, families("load 3\n"))).toEqual({ missing: [], notes: [], series: 1 });
});

it("of 7 names 5 are shown", () => {
  expect(listed(["a", "b", "c", "d", "e", "f", "g"])).toBe("a, b, c, d, e and 2 more");
});
