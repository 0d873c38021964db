import fc from "fast-check";
import { expect, test } from "vitest";
import type { AgentView } from "../../../hub/http/api.ts";
import { inColumns } from "../../../hub/page/columns.ts";
import type { AgentGroup } from "../../../hub/page/state.ts";

/** How many they are is all that counts. */
const group = (size: number, name: number): AgentGroup => ({
  name: `group ${name}`,
  agents: Array.from({ length: size }, () => ({}) as AgentView),
});
const sizes = (columns: AgentGroup[][]) => columns.map((column) => column.map(({ agents }) => agents.length));

test("groups stand in two columns of about the same height, in their order", () => {
  expect(sizes(inColumns([9, 3, 3, 3].map(group)))).toEqual([[9], [3, 3, 3]]);
  expect(sizes(inColumns([1, 1, 1, 12].map(group)))).toEqual([[1, 1, 1], [12]]);
  expect(sizes(inColumns([40, 1].map(group)))).toEqual([[40], [1]]);
});

test("one group is one column, and none is an empty one", () => {
  expect(sizes(inColumns([5].map(group)))).toEqual([[5]]);
  expect(inColumns([])).toEqual([[]]);
});

test("no group is left out, and two or more are two columns", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 30 }), (counts) => {
      const groups = counts.map(group);
      expect(inColumns(groups).flat()).toEqual(groups);
      expect(inColumns(groups)).toHaveLength(groups.length < 2 ? 1 : 2);
    }),
  );
});
