import { expect, it } from "vitest";
import { happenedAt } from "../../../../hub/core/timeline/happened-at.ts";
import { maintenanceText, moveOf, moveText, untilOf } from "../../../../hub/core/timeline/note-words.ts";

it("a move is read back from its words, with a reason, without one, and told late", () => {
  const move = { from: "mainpc", to: "pc2", epoch: 13 };
  const [bare, full] = [moveText({ ...move, why: "" }), moveText({ ...move, why: "mainpc is dead, epoch 12" })];
  for (const text of [bare, full, happenedAt(bare, 0), happenedAt(full, 0)]) expect(moveOf(text), text).toEqual(move);
});

it("words of an order, or of something else, tell of no move", () => {
  for (const text of ["ann ordered it to pc2", "from mainpc to pc2", "from a to b, epoch 3x", ""])
    expect(moveOf(text), text).toBeUndefined();
});

it("the end of a maintenance is read back to the minute, that of a silence as it was given", () => {
  const until = "2026-05-12T14:33:07.000Z";
  expect(untilOf(maintenanceText({ reason: "a disk, until 2030 (maybe)", until, by: "ann" }))).toBe(
    "2026-05-12T14:33Z",
  );
  expect(untilOf(`a disk, until ${until} (ann)`)).toBe(until);
  expect(untilOf("it is watched again (ann)")).toBeUndefined();
});
