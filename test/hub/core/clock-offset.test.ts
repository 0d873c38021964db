import { expect, it } from "vitest";
import { ClockOffset } from "../../../hub/core/clock-offset.ts";

it("the report that was under way for the shortest time within the last minute says how far the clocks are apart", () => {
  const offset = new ClockOffset();
  expect(offset.read(0)).toBeUndefined();
  for (const [atMs, underWayMs] of [
    [0, 40],
    [1_000, 3],
    [20_000, 250],
    [50_000, 90],
  ] as const)
    offset.note(5_000 + atMs, 5_000 + 700 + underWayMs + atMs, atMs);
  expect(offset.read(50_000)).toBe(703);
  expect(offset.read(60_000)).toBe(790);
  expect(offset.read(110_000)).toBeUndefined();
});

it("a peer that is before has an offset below 0", () => {
  const offset = new ClockOffset();
  offset.note(10_000, 9_202, 0);
  expect(offset.read(0)).toBe(-798);
});

it("a peer that was 5 s before and is set right agrees within 20 s, and one late report in between changes nothing", () => {
  const offset = new ClockOffset();
  for (let atMs = 0; atMs < 31_000; atMs += 1_000) offset.note(atMs + 5_000, atMs + 2, atMs);
  offset.note(31_000, 31_000 + 900, 31_000);
  expect(offset.read(31_000)).toBe(-4_998);
  for (let atMs = 32_000; atMs < 50_000; atMs += 1_000) offset.note(atMs, atMs + 2, atMs);
  expect(offset.read(50_000)).toBe(2);
});
