import fc from "fast-check";
import { expect, it } from "vitest";
import { formatNumber, parseNumber, parsePlainNumber } from "../../../../hub/core/exposition/number.ts";

it.each([
  [0, "0"],
  [-0, "0"],
  [123_456, "123456"],
  [999_999.5, "999999.5"],
  [1_000_000, "1e+06"],
  [1_795_530_086.844, "1.795530086844e+09"],
  [-1e21, "-1e+21"],
  [1e100, "1e+100"],
  [0.0001, "0.0001"],
  [0.00001234, "1.234e-05"],
  [5e-324, "5e-324"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "+Inf"],
  [Number.NEGATIVE_INFINITY, "-Inf"],
])("%d is written %s, as Go writes it", (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

it.each(["", "1e999", "0x10", "1_000", "+nan", "infi", "1e", ".", "1 ", "1\r", "--1", "Infinit"])(
  "%j is no number, as for Go",
  (text) => {
    expect(parseNumber(text)).toBeUndefined();
  },
);

it("4 MiB of digits that end in something else are refused in one pass, where a square of it would take hours", () => {
  expect(parseNumber(`${"1".repeat(4 * 1024 * 1024)}x`)).toBeUndefined();
  expect(parseNumber(`${"1".repeat(4 * 1024 * 1024)}.${"1".repeat(1024)}e`)).toBeUndefined();
});

it.each([
  ["+7", 7],
  [".5", 0.5],
  ["5.", 5],
  ["1E3", 1000],
  ["1e-400", 0],
  ["nAn", Number.NaN],
  ["+iNf", Number.POSITIVE_INFINITY],
  ["-infinity", Number.NEGATIVE_INFINITY],
])("%s is read as %d", (text, value) => {
  expect(parseNumber(text)).toBe(value);
});

it("every number is written in a way that reads back as itself", () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      expect(parseNumber(formatNumber(value))).toBe(value + 0);
    }),
  );
});

it("the short way of reading plain numbers agrees with the general one to the last bit", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{0,9}(\.\d{0,9})?$/), (text) => {
      const plain = parsePlainNumber(text, 0, text.length);
      if (plain !== undefined) expect(plain).toBe(Number(text));
      else expect(text.replace(".", "")).toMatch(/^$|^\d{16,}$/);
    }),
    { numRuns: 5_000 },
  );
});
