/** Shows what a command is at: a list with times where a person looks on, else one line a step, on standard error. */
import { plainLines } from "../one-line.ts";

export type Say = (line: string) => void;

export interface Step<T> {
  /** @example "pc2: previewing" */
  title: string;
  /** @param say for lines about this step */
  work(say: Say): Promise<T>;
  /** @default what does not throw has gone well */
  isWell?(result: T): boolean;
  /** Said when it has gone well, where no list shows the time. @default nothing */
  ended?(seconds: number): string;
}

export interface Progress {
  /** Shows a line, below the step that is under way. */
  say: Say;
  step<T>(step: Step<T>): Promise<T>;
  /** Runs steps side by side. */
  steps<T>(steps: readonly Step<T>[]): Promise<T[]>;
}

/** Machines have said some of what is shown: it moves no terminal. */
export const toStandardError: Say = (line) => void process.stderr.write(`${plainLines(line)}\n`);

/** @param json whether a program reads what comes out */
export function progressOf({ json }: { json: boolean }): Progress {
  const isWatched = process.stdout.isTTY && process.stderr.isTTY && process.env.TERM !== "dumb";
  return isWatched && !json ? drawnProgress() : plainProgress(toStandardError);
}

export function plainProgress(say: Say): Progress {
  const step = async <T>({ title, work, isWell, ended }: Step<T>): Promise<T> => {
    const beganMs = performance.now();
    say(title);
    const result = await work(say);
    if (ended !== undefined && isWell?.(result) !== false)
      say(ended(Math.round((performance.now() - beganMs) / 1_000)));
    return result;
  };
  return { say, step, steps: (steps) => Promise.all(steps.map(step)) };
}

function drawnProgress(): Progress {
  let isDrawing = false;
  let under = toStandardError;
  const say: Say = (line) => under(line);
  const plain = plainProgress(say);
  const steps = async <T>(all: readonly Step<T>[]): Promise<T[]> => {
    // Steps of a step are lines below it.
    if (isDrawing) return plain.steps(all);
    isDrawing = true;
    try {
      const { StepList } = await import("./step-list.ts");
      const list = new StepList(all, toStandardError);
      under = (line) => list.say(line);
      return await list.run();
    } finally {
      [isDrawing, under] = [false, toStandardError];
    }
  };
  const step = async <T>(one: Step<T>): Promise<T> => {
    const [result] = await steps([one]);
    return result as T; // of its one step
  };
  return { say, step, steps };
}
