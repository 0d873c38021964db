/** Asks a person at a terminal: on standard error, since standard output is for results. */
import {
  type CANCEL_SYMBOL,
  type CommonOptions,
  confirm,
  isCancel,
  log,
  password,
  select,
  text,
  updateSettings,
} from "@clack/prompts";
import { raise } from "../tools/interrupt.ts";

const output = process.stderr;
// Ctrl-D would leave a question open for ever.
updateSettings({ aliases: { "\u0004": "cancel" } });

export interface TextQuestion {
  /** What Enter alone means. @default nothing */
  preset?: string;
  /** What was expected instead of an answer that will not do. */
  flaw?(answer: string): string | undefined;
}

export class Terminal {
  readonly #signal: AbortSignal;

  /** @param signal ends every question; Ctrl-C at one is SIGINT for whoever listens */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  say(line: string): void {
    log.message(line, { output });
  }

  async ask(message: string, { preset = "", flaw }: TextQuestion = {}): Promise<string> {
    const given = (typed = "") => typed.trim() || preset;
    const validate = (typed?: string) => expectedOf(flaw?.(given(typed)));
    const question = { message, placeholder: preset, defaultValue: preset, validate };
    return given(await this.#answer((common) => text({ ...common, ...question })));
  }

  /** What is typed is not shown. */
  async askSecret(message: string, { flaw }: Pick<TextQuestion, "flaw"> = {}): Promise<string> {
    const validate = (typed = "") => expectedOf(flaw?.(typed));
    return await this.#answer((common) => password({ ...common, message, validate }));
  }

  async confirm(message: string, preset: boolean): Promise<boolean> {
    return await this.#answer((common) => confirm({ ...common, message, initialValue: preset }));
  }

  async choose<Value extends string>(message: string, values: readonly Value[], preset: Value): Promise<Value> {
    const options = values.map((value) => ({ value: value as string }));
    const chosen = await this.#answer((common) => select({ ...common, message, options, initialValue: preset }));
    return chosen as Value; // one of those that were shown
  }

  async #answer<T>(ask: Prompt<T>): Promise<T> {
    const answer = await answerOf(ask, this.#signal);
    if (answer !== undefined) return answer;
    this.#signal.throwIfAborted();
    throw new Error("the question was ended");
  }
}

type Prompt<T> = (common: CommonOptions) => Promise<T | typeof CANCEL_SYMBOL>;

const expectedOf = (flaw: string | undefined) => flaw && `Expected ${flaw}.`;

/**
 * @param signal ends the question
 * @returns undefined where it was ended. After Ctrl-C the listeners of SIGINT have been told; without one the process has ended
 */
export async function answerOf<T>(ask: Prompt<T>, signal?: AbortSignal): Promise<T | undefined> {
  if (signal?.aborted) return undefined;
  // A prompt never takes its listener off the signal that it is given.
  const ended = new AbortController();
  const end = () => ended.abort();
  signal?.addEventListener("abort", end);
  try {
    const answer = await ask({ output, signal: ended.signal });
    if (!isCancel(answer)) return answer;
  } finally {
    signal?.removeEventListener("abort", end);
  }
  // The terminal is in raw mode while it is read, so that Ctrl-C comes as a key.
  if (!signal?.aborted) raise("SIGINT");
  return undefined;
}
