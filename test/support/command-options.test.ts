/** What is given to a command of `npm run`, and what it says of what it does not know. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { numberOf } from "./command-options.ts";

const root = join(import.meta.dirname, "..", "..");
const commands = [
  "test/bench/bench.ts",
  "test/bench/copy-paths.ts",
  "test/bench/failover.ts",
  "test/bench/page.ts",
  "test/fuzz/command.ts",
  "test/prove/endurance.ts",
  "test/prove/fsync.ts",
  "test/prove/loss.ts",
  "test/prove/migration.ts",
  "test/reliability/reliability.ts",
];

describe("a number of a command", () => {
  test.each(["", "x", "-1", "0.4", "Infinity"])("is not %j, where it is from 0.5 on", (text) => {
    expect(() => numberOf("bench:page", "runs", text, 0.5)).toThrow(
      expect.objectContaining({ code: "bench.argument", message: `--runs ${text} is no number from 0.5 on` }),
    );
  });
});

describe.each(commands)("%s", (command) => {
  const run = (option: string) =>
    spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", command, option], {
      cwd: root,
      encoding: "utf8",
      timeout: 30_000,
    });

  test("prints its help, and begins nothing", () => {
    const { status, stdout, stderr } = run("--help");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("npm run ");
  });

  test("says of an option that it does not know where the help is, without a stack", () => {
    const { status, stdout, stderr } = run("--nonsense");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(
      /^\w+\.argument: .*'--nonsense'.*\n {2}→ npm run \S+ -- --help says which options there are\n$/,
    );
  });
});
