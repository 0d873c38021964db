import { expect, it } from "vitest";
import { oneLine, plainLines } from "../../ops/one-line.ts";

it("a run of blanks with a control character is one blank, and mere blanks stay", () => {
  expect(oneLine("a \u001b[2J  b\t \r\nc   d")).toBe("a [2J  b c   d");
  expect(plainLines("a\u0007\nb  c")).toBe("a \nb  c");
});

it("five million blanks are looked at once each", () => {
  const blanks = " ".repeat(5_000_000);
  expect(oneLine(`${blanks}x`)).toBe(`${blanks}x`);
});
