import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineDiff } from "../../../ops/review/line-diff.ts";

const lines = (...texts: string[]) => texts.join("\n");

describe("a line diff", () => {
  it("shows a changed line between two that stay on either side, and nothing else", () => {
    const before = lines("a", "b", "c", "d", "e", "f", "g");
    expect(lineDiff(before, before.replace("d", "D"))).toEqual([" b", " c", "-d", "+D", " e", " f"]);
  });

  it("puts @@ where lines are left out between two changes", () => {
    const before = lines(..."abcdefghijkl");
    expect(lineDiff(before, before.replace("b", "B").replace("k", "K"), 1)).toEqual([
      ...[" a", "-b", "+B", " c"],
      "@@",
      ...[" j", "-k", "+K", " l"],
    ]);
  });

  it("of equal texts is empty", () => {
    expect(lineDiff("a\nb", "a\nb")).toEqual([]);
  });

  it("gives either text back by its signs, whatever the texts are", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const shown = lineDiff(before.join("\n"), after.join("\n"), 100);
        if (before.join("\n") === after.join("\n")) {
          expect(shown).toEqual([]);
          return;
        }
        const side = (sign: string) =>
          shown.filter((line) => line.startsWith(sign) || line.startsWith(" ")).map((line) => line.slice(1));
        // An empty text is one empty line.
        expect(side("-").join("\n")).toBe(before.join("\n"));
        expect(side("+").join("\n")).toBe(after.join("\n"));
      }),
    );
  });

  it("of two texts of 3,000 different lines each shows all that goes and all that comes, within a second", () => {
    const text = (letter: string) => Array.from({ length: 3_000 }, (_, index) => `${letter}${index}`).join("\n");
    const startedMs = performance.now();
    expect(lineDiff(text("a"), text("b"))).toHaveLength(6_000);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
