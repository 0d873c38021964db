import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listenForEnd } from "../../../ops/deploy/listen-for-end.ts";

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

describe("an operator's signal to a deployment", () => {
  let did: string[];
  let restore: () => void;
  beforeEach(() => {
    did = [];
    const before = names.map((name) => [name, process.listeners(name)] as const);
    restore = () => {
      for (const [name, listeners] of before) {
        process.removeAllListeners(name);
        for (const listener of listeners) process.on(name, listener);
      }
    };
    for (const name of names) process.removeAllListeners(name);
    vi.useFakeTimers({ toFake: ["performance"] });
    vi.spyOn(process, "exit").mockImplementation((code) => void did.push(`exit ${code}`) as never);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    restore();
  });
  const listen = () => listenForEnd({ kill: () => void did.push("kill") }, () => {});

  it("ends it in order, and at once when it comes again after 1 s", () => {
    const signal = listen();
    process.emit("SIGINT");
    expect(signal.aborted).toBe(true);
    vi.advanceTimersByTime(900);
    process.emit("SIGINT");
    expect(did).toEqual([]);
    vi.advanceTimersByTime(100);
    process.emit("SIGINT");
    expect(did).toEqual(["kill", "exit 130"]);
  });

  it("is no second one when the terminal is closed", () => {
    const signal = listen();
    process.emit("SIGHUP");
    vi.advanceTimersByTime(5_000);
    process.emit("SIGHUP");
    expect(signal.aborted).toBe(true);
    expect(did).toEqual([]);
  });
});
