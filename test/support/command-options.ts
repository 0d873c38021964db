/** What was given behind `npm run NAME --`, for the commands that are no part of `tandem`. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { OperatorError } from "../../ops/error.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>>["values"];

/** @throws OperatorError at an option that is not known, or without its value */
export function parseOptions<const T extends Options>(name: string, options: T, positionals: "none" | "some" = "none") {
  try {
    return parseArgs({ options, allowPositionals: positionals === "some" });
  } catch (error) {
    const { message } = error as Error; // parseArgs throws errors only
    throw argumentError(name, message, `npm run ${name} -- --help says which options there are`);
  }
}

/** @throws OperatorError unless it is a finite number of at least that much */
export function numberOf(name: string, option: string, text: string, least = 0): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number) && number >= least) return number;
  throw argumentError(name, `--${option} ${text} is no number from ${least} on`, "Give a number");
}

/** For a command that has no options but flags and texts: prints its help or what is wrong with them, and ends, or gives their values. */
export function optionsOrEnd<const T extends Options>(name: string, help: string, options: T): Values<T> {
  return orEnd(() => {
    const { values } = parseOptions(name, { ...options, help: { type: "boolean", short: "h" } });
    if (!("help" in values && values.help)) return values as Values<T>;
    process.stdout.write(help);
    process.exit();
  });
}

/** Ends at once when an operator's mistake is thrown. */
export function orEnd<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    process.exit(codeOf(error));
  }
}

/** Sets the exit code that `main` gives. */
export async function endWith(main: () => Promise<number>): Promise<void> {
  process.exitCode = await main().catch(codeOf);
}

/** 1, and what is wrong instead of a stack. @throws what is no operator's mistake */
function codeOf(error: unknown): number {
  if (!(error instanceof OperatorError)) throw error;
  process.stderr.write(`${error.code}: ${error.toText()}\n`);
  return 1;
}

/** `prove:loss` and its like have one code. */
function argumentError(name: string, what: string, next: string): OperatorError {
  return new OperatorError(`${name.split(":")[0]}.argument`, what, next);
}
