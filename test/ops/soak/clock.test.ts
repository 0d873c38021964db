import { describe, expect, it } from "vitest";
import { Clock } from "../../../ops/soak/clock.ts";

/** A computer whose clocks a test moves. */
class Computer {
  wall = 1_000_000;
  mono = 5_000;
  up = 9_000;
  readonly clock = new Clock({ wallMs: () => this.wall, monoMs: () => this.mono, uptimeMs: () => this.up });

  pass(ms: number): void {
    this.mono += ms;
    this.sleep(ms);
  }

  sleep(ms: number): void {
    this.wall += ms;
    this.up += ms;
  }
}

describe("the time of a start", () => {
  it("goes on as the monotonic clock does, named by the wall clock of its beginning", () => {
    const computer = new Computer();
    computer.pass(60_000);
    expect(computer.clock.nowMs()).toBe(1_060_000);
    expect(computer.clock.at(5_000)).toBe(1_000_000);
    expect(computer.clock.jump()).toBeUndefined();
  });

  it.each([3_600_000, -3_600_000])("is not moved when the wall clock is set by %i ms, which is told once", (ms) => {
    const computer = new Computer();
    computer.pass(1_000);
    computer.wall += ms;
    expect(computer.clock.jump()).toEqual({ kind: "set", ms });
    expect(computer.clock.jump()).toBeUndefined();
    computer.pass(1_000);
    expect(computer.clock.nowMs()).toBe(1_002_000);
  });

  it("has passed after a sleep, by as much as that took", () => {
    const computer = new Computer();
    computer.sleep(30_000);
    expect(computer.clock.jump()).toEqual({ kind: "slept", ms: 30_000 });
    expect(computer.clock.nowMs()).toBe(1_030_000);
    expect(computer.clock.jump()).toBeUndefined();
  });

  it("does not heed corrections of less than 2 s", () => {
    const computer = new Computer();
    computer.wall += 1_900;
    expect(computer.clock.jump()).toBeUndefined();
  });
});
