import { expect, it } from "vitest";
import { SignInCodes } from "../../../hub/session/sign-in-codes.ts";

it("a code is good once, for 5 minutes, and only as it was given", () => {
  const codes = new SignInCodes();
  expect(codes.add("a", "ann", 1_000)).toBe(301_000);
  codes.add("b", "bob", 1_000);
  expect(codes.redeem("c", 2_000)).toBeUndefined();
  expect(codes.redeem("", 2_000)).toBeUndefined();
  expect(codes.redeem("a", 300_999)).toBe("ann");
  expect(codes.redeem("a", 300_999)).toBeUndefined();
  expect(codes.redeem("b", 301_000)).toBeUndefined();
});

it("16 wait at most: a 17th is made when one was used or is over", () => {
  const codes = new SignInCodes();
  for (let i = 0; i < 16; i++) expect(codes.add(`${i}`, "ann", i)).toBeDefined();
  expect(codes.add("16", "ann", 100)).toBeUndefined();
  codes.redeem("7", 100);
  expect(codes.add("17", "ann", 100)).toBeDefined();
  expect(codes.add("18", "ann", 200)).toBeUndefined();
  expect(codes.add("19", "ann", 300_000)).toBeDefined();
});
