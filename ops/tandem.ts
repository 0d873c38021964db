/** The operator's command: runs what was asked for, and prints every error alike. */
import { OperatorError } from "./error.ts";
import { forgiveLostReader } from "./lost-reader.ts";
import { tandemProgram } from "./program.ts";
import { trustNamedCa } from "./site/trust.ts";

forgiveLostReader(process.stdout);
forgiveLostReader(process.stderr);

try {
  trustNamedCa();
  await tandemProgram().parseAsync();
  await leave();
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  process.stderr.write(`error: ${error.toText()}\n`);
  // Who asked for JSON reads standard output, whatever comes.
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify({ error: errorView(error) })}\n`);
  await leave(1);
}

function errorView({ code, message, next }: OperatorError) {
  return { code, message, next };
}

/**
 * Ends with what was written written: a pipe takes 64 KiB at once, and the rest waits for its reader. Handles that are still
 * open keep nobody waiting. @param code @default the one that the command has set
 */
async function leave(code = process.exitCode): Promise<never> {
  const written = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.write("", () => resolve())),
  );
  await Promise.all(written);
  process.exit(code);
}
