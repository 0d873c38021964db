/** Runs a command of `tandem` in this process: a program of its own takes seconds to start on a busy machine. */
import { Command } from "commander";
import { vi } from "vitest";
import { OperatorError } from "../../ops/error.ts";

/** What it printed on standard output, and how it ended; progress is kept from the test's own output. */
export async function runCommand(register: (program: Command) => void, args: readonly string[]) {
  const program = new Command();
  register(program);
  let stdout = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    stdout += chunk;
    return true;
  });
  const progress = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await program.parseAsync([...args], { from: "user" });
    return { code: process.exitCode, stdout, stderr: "" };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { code: 1, stdout, stderr: error.toText() };
  } finally {
    process.exitCode = before;
    write.mockRestore();
    progress.mockRestore();
  }
}
