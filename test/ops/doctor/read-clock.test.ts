import { expect, it } from "vitest";
import { checkClock } from "../../../ops/doctor/checks.ts";
import { clockOf } from "../../../ops/doctor/read-clock.ts";

it("a clock 600 ms ahead or behind is seen though the connection took 9 s: only the second question counts", async () => {
  for (const offMs of [600, -600]) {
    let nowMs = 1_700_000_000_000;
    const took = [9_000, 40];
    const clock = await clockOf(
      async () => {
        nowMs += took.shift() ?? 0;
        return `${nowMs - 20 + offMs}\n`;
      },
      () => nowMs,
    );
    if (clock === undefined) throw new Error("no clock");
    expect(clock.toMs - clock.fromMs).toBe(40);
    expect(checkClock(clock, clock)).toMatchObject([
      { status: "warn", found: expect.stringMatching(/^at least 580 ms/) },
    ]);
  }
});

it("a machine that does not tell its clock has none", async () => {
  expect(await clockOf(async () => "no ssh")).toBeUndefined();
});
