/** Draws steps that run side by side as a list with their times, by listr2. */
import { Listr, ListrLogger, PRESET_TIMER, ProcessOutput } from "listr2";
import { plainLines } from "../one-line.ts";
import type { Say, Step } from "./progress.ts";

/** Standard error for the list, which leaves alone what others write to it. */
class StandardError extends ProcessOutput {
  constructor() {
    super(process.stderr, process.stderr);
  }
  override hijack(): void {}
  override release(): void {}
}

export class StepList<T> {
  readonly #steps: readonly Step<T>[];
  readonly #otherwise: Say;
  /** Of the steps that are under way. */
  readonly #tells = new Set<Say>();
  readonly #outcomes: Promise<T>[] = [];

  /** @param otherwise says what comes while no step is under way */
  constructor(steps: readonly Step<T>[], otherwise: Say) {
    this.#steps = steps;
    this.#otherwise = otherwise;
  }

  /** Shows a line below the first step that is under way. */
  say(line: string): void {
    const [tell = this.#otherwise] = this.#tells;
    tell(line);
  }

  /** Returns when all have ended; what the first one threw is thrown then. */
  async run(): Promise<T[]> {
    const tasks = this.#steps.map((step, index) => ({
      title: step.title,
      task: (_: unknown, task: { output: string }) => this.#carryOut(step, index, task),
      rendererOptions: { outputBar: Number.POSITIVE_INFINITY, persistentOutput: true },
    }));
    const logger = new ListrLogger({ processOutput: new StandardError(), useIcons: true, toStderr: [] });
    const list = new Listr(tasks, {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: { logger, timer: PRESET_TIMER, showErrorMessage: false },
    });
    await list.run();
    return await Promise.all(this.#outcomes);
  }

  async #carryOut({ title, work, isWell }: Step<T>, index: number, task: { output: string }): Promise<void> {
    const tell: Say = (line) => {
      task.output = plainLines(line);
    };
    this.#tells.add(tell);
    try {
      const outcome = work(tell);
      this.#outcomes[index] = outcome;
      if (isWell?.(await outcome) === false) throw new Error(title);
      await outcome;
    } finally {
      this.#tells.delete(tell);
    }
  }
}
