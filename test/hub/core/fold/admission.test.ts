import { expect, it } from "vitest";
import { type Candidate, Fold } from "../../../../hub/core/fold/fold.ts";
import { PushLimits } from "../../../../hub/core/push-limits.ts";

const put = (job: string, series: number): Candidate => ({
  kind: "push",
  op: "put",
  group: [["job", job]],
  body: Array.from({ length: series }, (_, i) => `x{a="${i}"} 1\n`).join(""),
});
const foldOf = (limits: Partial<PushLimits>) => new Fold({ limits: PushLimits.parse(limits) });

it("what is under way counts as there until it is folded or has failed, and once only", () => {
  const fold = foldOf({ series: 10 });
  const [first, second] = [put("a", 6), put("b", 6)];
  expect(fold.check(first).ok).toBe(true);
  const release = fold.reserve(first);
  expect(fold.check(second)).toMatchObject({ ok: false, limit: "series" });
  release();
  release();
  expect(fold.check(second).ok).toBe(true);
  expect(fold.check(put("c", 10)).ok).toBe(true);
  expect(fold.check(put("c", 11)).ok).toBe(false);
});

it("behind its bound the text of a push is not read: nobody says what is wrong with it there", () => {
  const fold = foldOf({ seriesPerPush: 3, familiesPerPush: 1 });
  const body = `${put("a", 4).body}no metrics at all`;
  expect(fold.check({ ...put("a", 0), body })).toMatchObject({ limit: "seriesPerPush" });
  const comments = `${"# nothing\n".repeat(6)}no metrics at all`;
  expect(fold.check({ ...put("a", 0), body: comments })).toMatchObject({ limit: "seriesPerPush" });
});

it("a stored push passes every limit, and then its like is taken as long as it does not grow", () => {
  const fold = foldOf({ seriesPerPush: 3, series: 3, seriesPerJob: 3, textCharacters: 10, groups: 1 });
  const stored = (job: string, series: number, wallMs: number) =>
    fold.apply({ ...put(job, series), at: { wallMs, counter: 0 } }, "pc2").outcome;
  expect([stored("a", 5, 1), stored("b", 3, 2)]).toEqual(["applied", "applied"]);
  expect(fold.seriesCount).toBe(8);
  expect(fold.check(put("b", 3)).ok).toBe(true);
  expect(fold.check({ ...put("b", 3), op: "post", body: "y 1\n" })).toMatchObject({ ok: false });
  expect(fold.check({ kind: "push", op: "delete", group: [["job", "a"]], body: "" }).ok).toBe(true);
});
