import { describe, expect, it } from "vitest";
import { runShell } from "../../../ops/site/shell.ts";

describe("a script", () => {
  const run = (script: string, options = {}) => runShell(["sh", "-c", script], options);

  it("is shown with its lines, and with nothing that moves or colours a terminal", async () => {
    const { code, stdout, stderr } = await run("printf 'no\\033[2J room\\r\\nleft\\n' >&2; echo out; exit 3");
    expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: "out\n", stderr: "no [2J room \nleft" });
  });

  it("that prints without end is killed, and says so", async () => {
    const { code, stdout, stderr } = await run("exec cat /dev/zero", { mostBytes: 1_000_000 });
    expect(code).not.toBe(0);
    expect(stdout.length).toBeLessThan(10_000_000);
    expect(stderr).toBe("it printed more than 1000000 bytes");
  });

  it("is shown by the end of what it says on standard error, 64 KiB at most", async () => {
    const { stderr } = await run("head -c 200000 /dev/zero | tr '\\0' x >&2; echo end >&2; exit 1");
    expect(stderr.length).toBeLessThanOrEqual(64 * 1024);
    expect(stderr).toMatch(/xend$/);
  });

  it("that does not end in time is killed, and says so", async () => {
    expect((await run("exec sleep 30", { deadlineMs: 50 })).stderr).toBe("it did not end within 0.05 s");
  });
});
