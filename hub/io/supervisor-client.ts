/** The hub's end of the supervisor's socket: each call has a deadline, and what goes wrong is a value. */
import { request } from "node:http";
import { type ServiceWord, SupervisorAnswer } from "../core/supervisor/word.ts";
import { messageOf } from "./log.ts";

export type SupervisorOutcome =
  /** The words that were not refused stand on disk and are being carried out. */
  | { type: "answer"; answer: SupervisorAnswer }
  /** Nobody answers in time, or not as a supervisor does; whether the words were heard is not known. */
  | { type: "silent"; reason: string };

/** It fsyncs an epoch before it answers. */
const defaultDeadlineMs = 1_000;
const maxAnswerBytes = 1024 * 1024;

export class SupervisorClient {
  readonly #socket: string;
  readonly #deadlineMs: number;

  constructor(socket: string, deadlineMs = defaultDeadlineMs) {
    this.#socket = socket;
    this.#deadlineMs = deadlineMs;
  }

  /** Says the newest word of each service; the answer tells of all that the supervisor knows. */
  put(words: readonly ServiceWord[]): Promise<SupervisorOutcome> {
    return this.#call("PUT", JSON.stringify(words));
  }

  services(): Promise<SupervisorOutcome> {
    return this.#call("GET", undefined);
  }

  async #call(method: "GET" | "PUT", body: string | undefined): Promise<SupervisorOutcome> {
    try {
      const { status, text } = await this.#ask(method, body);
      if (status !== 200 && status !== 409) return { type: "silent", reason: `status ${status}: ${text.trim()}` };
      return { type: "answer", answer: SupervisorAnswer.parse(JSON.parse(text)) };
    } catch (error) {
      return { type: "silent", reason: messageOf(error) };
    }
  }

  #ask(method: "GET" | "PUT", body: string | undefined): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(this.#deadlineMs);
      const asked = request({
        socketPath: this.#socket,
        // A kept connection may be one that a supervisor has closed meanwhile.
        agent: false,
        method,
        path: "/v1/services",
        headers: body === undefined ? {} : { "content-type": "application/json" },
        signal,
      });
      const failed = (error: Error) =>
        reject(signal.aborted ? new Error(`no answer within ${this.#deadlineMs} ms`) : error);
      asked.on("error", failed);
      asked.on("response", (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > maxAnswerBytes) asked.destroy(new Error(`more than ${maxAnswerBytes} bytes of answer`));
        });
        response.on("error", failed);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      asked.end(body);
    });
  }
}
