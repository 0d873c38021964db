import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const command = join(import.meta.dirname, "..", "..", "ops", "tandem.ts");
const complete = async (...args: string[]) =>
  (await promisify(execFile)(process.execPath, [command, "complete", ...args])).stdout;

describe("a shell that completes tandem", { timeout: 30_000 }, () => {
  it("is told commands, their subcommands and their options, with what each is for", async () => {
    expect(await complete("--", "mig")).toMatch(/^migrate\t\S/m);
    expect(await complete("--", "drill", "")).toMatch(/^run\t.*\nlist\t.*\nhistory\t/m);
    expect(await complete("--", "migrate", "run", "--wa")).toMatch(/^--watch\t/m);
  });

  it.each(["bash", "zsh", "fish"])("gets a script of %s's that asks for them", async (shell) => {
    expect(await complete(shell)).toMatch(/complete --/);
  });
});
