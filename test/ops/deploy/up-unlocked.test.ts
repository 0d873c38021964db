import { hostname, userInfo } from "node:os";
import { describe, expect, it } from "vitest";
import type { UpRunning } from "../../../ops/deploy/engine.ts";
import { isLeft, upUnlocked } from "../../../ops/deploy/up-unlocked.ts";
import { OperatorError } from "../../../ops/error.ts";

const gone = 2 ** 22 + 1;
const lock = (...holders: [user: string, host: string, pid: number][]) =>
  [
    `up of pc2: the stack is currently locked by ${holders.length} lock(s). Either wait or run pulumi cancel`,
    ...holders.map(
      ([user, host, pid]) => `file:///x.json: created by ${user}@${host} (pid ${pid}) at 2026-01-01T00:00:00Z`,
    ),
  ].join("\n");
const { username } = userInfo();

describe("a stack's lock", () => {
  it.each([
    ["of a process here that is gone is left", lock([username, hostname(), gone]), true],
    ["of a process here that lives is held", lock([username, hostname(), process.pid]), false],
    ["of another user is held", lock(["somebody", hostname(), gone]), false],
    ["of another computer is held", lock([username, "elsewhere", gone]), false],
    ["of two is held as long as one of them lives", lock([username, hostname(), gone], ["b", "elsewhere", 7]), false],
    ["that names nobody is held", "another update is currently in progress", false],
    ["of 2 of which one alone is named is held", lock([username, hostname(), gone]).replace("by 1", "by 2"), false],
  ])("%s", (_, said, left) => {
    expect(isLeft(said)).toBe(left);
  });

  it("is cancelled once where it is left, and never else", async () => {
    const running: UpRunning = { signal: new AbortController().signal, refresh: false, onStep() {} };
    const tried = async (said: string) => {
      const did: string[] = [];
      const engine = {
        async up() {
          did.push("up");
          if (!did.includes("cancel")) throw new OperatorError("deploy.stack-locked", said, "");
        },
        async cancel() {
          did.push("cancel");
        },
      };
      const end = await upUnlocked(engine, { folder: "." }, "pc2", running, () => {}).catch((e: Error) => e.message);
      return [...did, end];
    };
    expect(await tried(lock([username, hostname(), gone]))).toEqual(["up", "cancel", "up", undefined]);
    const held = lock(["somebody", "elsewhere", 7]);
    expect(await tried(held)).toEqual(["up", held]);
  });
});
