import { describe, expect, it } from "vitest";
import type { GroupView } from "../../../hub/core/fold/fold.ts";
import { groupKey } from "../../../hub/core/group-path.ts";
import { pushesItself } from "../../../hub/core/migrated.ts";

const tutor = { name: "Tutor", machine: "pc2" };
const key = groupKey([
  ["job", "Tutor"],
  ["machine", "pc2"],
]);
const foldWith = (pushedAtMs: number | undefined) => ({
  group: (asked: string): GroupView | undefined =>
    asked === key && pushedAtMs !== undefined ? { key, group: [], pushedAtMs, series: [] as never } : undefined,
});

describe("an agent pushes by itself", () => {
  it("when its migration is done and its newest push is younger than 90 s", () => {
    expect(pushesItself(tutor, { stage: "done" }, foldWith(1_000), 90_999)).toBe(true);
    expect(pushesItself(tutor, { stage: "done" }, foldWith(1_000), 91_000)).toBe(false);
    expect(pushesItself(tutor, { stage: "done" }, foldWith(undefined), 1_000)).toBe(false);
  });

  it("not before its migration is done, whatever it pushes", () => {
    for (const document of [undefined, {}, { stage: "watch" }, { stage: "undone" }, "done"])
      expect(pushesItself(tutor, document, foldWith(1_000), 1_000)).toBe(false);
  });
});
