import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../../ops/tools/run.ts";
import { executable, temporaryFolder } from "./scratch.ts";

const exists = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("running another program", () => {
  it("hands over the lines of both outputs", async () => {
    const lines: string[] = [];
    await run("sh", ["-c", "echo one; echo two >&2"], { onLine: (line) => lines.push(line) });
    expect(lines.sort()).toEqual(["one", "two"]);
  });

  it("fails with the exit code and the last 5 lines", async () => {
    const failing = run("sh", ["-c", "for n in 1 2 3 4 5 6; do echo line $n; done; exit 4"]);
    await expect(failing).rejects.toThrow(
      /^sh -c exited with 4\n {2}line 2\n {2}line 3\n {2}line 4\n {2}line 5\n {2}line 6$/,
    );
  });

  it("ends what does not end in time, and says so", async () => {
    await expect(run("sleep", ["60"], { deadlineMs: 50 })).rejects.toThrow("sleep 60 did not end in 0.05 s");
  });

  it("on an abort ends the program with all that it has started", async () => {
    const folder = temporaryFolder();
    const pidFile = join(folder, "pid");
    const parent = executable(
      join(folder, "parent"),
      `sleep 60 & echo $! > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; wait`,
    );
    const controller = new AbortController();
    const running = run(parent, [], { signal: controller.signal });
    running.catch(() => {});
    await until(() => existsSync(pidFile));
    controller.abort();
    await expect(running).rejects.toThrow("parent was interrupted");
    const grandchild = Number(readFileSync(pidFile, "utf8"));
    await until(() => !exists(grandchild));
  });

  it("does not start after an abort", async () => {
    const file = join(temporaryFolder(), "started");
    await expect(run("touch", [file], { signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow(
      "too late",
    );
    expect(existsSync(file)).toBe(false);
  });
});
