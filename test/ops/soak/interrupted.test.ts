import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { interruptedBySignal } from "../../../ops/soak/interrupted.ts";

describe("Ctrl-C", () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("ends a run in order, twice within half a second as well; a later one kills the pair before it exits with 130", () => {
    const done: string[] = [];
    vi.spyOn(process, "exit").mockImplementation((code) => {
      done.push(`exit ${code}`);
      return undefined as never; // a test goes on
    });
    const say = (line: string) => done.push(line);
    const { signal, forget } = interruptedBySignal("ending", say, () => done.push("kill"));
    process.emit("SIGINT");
    vi.advanceTimersByTime(400);
    process.emit("SIGINT");
    expect(signal.aborted).toBe(true);
    expect(done).toEqual(["ending"]);
    vi.advanceTimersByTime(200);
    process.emit("SIGTERM");
    expect(done).toEqual(["ending", "kill", "exit 130"]);
    forget();
    expect(process.listenerCount("SIGHUP")).toBe(0);
  });
});
