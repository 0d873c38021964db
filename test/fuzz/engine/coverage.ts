/** Which blocks of the project's own sources this thread has run, as V8 counts them. */
import { type InspectorNotification, type Profiler, Session } from "node:inspector";
import { fileURLToPath, pathToFileURL } from "node:url";

export type ScriptCoverage = Profiler.ScriptCoverage;

const root = pathToFileURL(`${fileURLToPath(new URL("../../..", import.meta.url))}`).href;

export class Coverage {
  readonly #session = new Session();
  #covers = /^/;

  /** Must begin before the sources are loaded. */
  constructor() {
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** @param covers paths within the repository of which it tells from now on */
  only(covers: RegExp): void {
    this.#covers = covers;
  }

  /** What ran since it was asked last. */
  take(): ScriptCoverage[] {
    const { result } = this.#post("Profiler.takePreciseCoverage") as Profiler.TakePreciseCoverageReturnType; // as the protocol has it
    return result.filter(({ url }) => url.startsWith(root) && this.#covers.test(url.slice(root.length)));
  }

  stop(): void {
    this.#session.disconnect();
  }

  /** A session with its own thread answers before it returns. */
  #post(method: string, params: object = {}): object {
    let answer: object | undefined;
    this.#session.post(method, params, (error: Error | null, result?: object | InspectorNotification<object>) => {
      if (error !== null) throw error;
      answer = result ?? {};
    });
    if (answer === undefined) throw new Error(`${method} was not answered at once`);
    return answer;
  }
}
