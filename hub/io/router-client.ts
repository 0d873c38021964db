/** Speaks with this machine's router: gives it words, and hears what happens there as long as it lives. */
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, type RequestOptions, request } from "node:http";
import { z } from "zod";
import {
  PutAnswer,
  type RefusedWord,
  RouterEvent,
  RouteView,
  type RouteWord,
  sentHeader,
} from "../core/router/word.ts";
import { monoMs } from "./mono-clock.ts";

/** The stream of events has ended: the router is gone, or does not answer. Then `hello` comes once it is there again. */
export type RouterNews = RouterEvent | { type: "lost" };

export interface RouterClientOptions {
  socket: string;
  /** Before an answer has failed, ms. @default 1000 */
  deadlineMs?: number;
  /** Silence on the stream of events before it is lost; the router writes once a second at least. @default 3000 */
  silenceMs?: number;
}

const reconnectMs = 100;
const longestLine = 64 * 1024;

export class RouterClient {
  readonly #options: Required<RouterClientOptions>;
  /** One connection, so that words arrive in the order in which they were given. */
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #streams = new Set<() => void>();

  constructor(options: RouterClientOptions) {
    this.#options = { deadlineMs: 1_000, silenceMs: 3_000, ...options };
  }

  /**
   * The others were taken, and are on disk.
   * @returns words that were refused
   * @throws Error when the router does not answer in time, or could not write
   */
  async put(words: readonly RouteWord[]): Promise<RefusedWord[]> {
    const headers = { "content-type": "application/json", [sentHeader]: String(monoMs()) };
    const { status, text } = await this.#ask("PUT", "/v1/routes", headers, JSON.stringify(words));
    if (status !== 200 && status !== 409) throw new Error(`the router answered with ${status}: ${text.trim()}`);
    return PutAnswer.parse(JSON.parse(text)).refused;
  }

  async routes(): Promise<RouteView[]> {
    const { status, text } = await this.#ask("GET", "/v1/routes", {});
    if (status !== 200) throw new Error(`the router answered with ${status}: ${text.trim()}`);
    return z.array(RouteView).parse(JSON.parse(text));
  }

  /** Connects again and again; the returned function ends it. */
  events(on: (news: RouterNews) => void): () => void {
    let stopped = false;
    let timer: NodeJS.Timeout | undefined;
    let end = () => {};
    const listen = () => {
      end = this.#stream(on, (heard) => {
        if (stopped) return;
        if (heard) on({ type: "lost" });
        timer = setTimeout(listen, reconnectMs);
      });
    };
    const stop = () => {
      stopped = true;
      clearTimeout(timer);
      end();
      this.#streams.delete(stop);
    };
    this.#streams.add(stop);
    listen();
    return stop;
  }

  stop(): void {
    for (const stop of [...this.#streams]) stop();
    this.#agent.destroy();
  }

  #stream(on: (news: RouterEvent) => void, ended: (heard: boolean) => void): () => void {
    const { socket: socketPath, silenceMs } = this.#options;
    let heard = false;
    let rest = "";
    const asked = request({ socketPath, path: "/v1/events", agent: false });
    asked.setTimeout(silenceMs, () => asked.destroy(new Error("the router is silent")));
    asked.on("error", () => {});
    asked.once("close", () => ended(heard));
    asked.once("response", (answer) => {
      answer.on("error", () => {});
      answer.setEncoding("utf8").on("data", (text: string) => {
        const lines = `${rest}${text}`.split("\n");
        rest = lines.pop() ?? "";
        if (rest.length > longestLine) return asked.destroy();
        for (const line of lines) {
          const event = line === "" ? undefined : parse(line);
          if (event === undefined) continue;
          heard = true;
          on(event);
        }
      });
    });
    asked.end();
    return () => asked.destroy();
  }

  /** A kept connection may be to a router that has ended since: then a new one is tried, since words that come twice do no more. */
  async #ask(method: string, path: string, headers: OutgoingHttpHeaders, body?: string): Promise<Answer> {
    const endMs = monoMs() + this.#options.deadlineMs;
    try {
      return await this.#askOnce({ method, path, headers }, body, endMs);
    } catch (error) {
      if (!(error instanceof KeptTooLong)) throw error;
      return await this.#askOnce({ method, path, headers }, body, endMs);
    }
  }

  #askOnce(options: RequestOptions, body: string | undefined, endMs: number): Promise<Answer> {
    const { socket: socketPath, deadlineMs } = this.#options;
    return new Promise((resolve, reject) => {
      let late = false;
      const asked = request({ ...options, socketPath, agent: this.#agent });
      const timer = setTimeout(
        () => {
          late = true;
          asked.destroy(new Error(`the router did not answer within ${deadlineMs} ms`));
        },
        Math.max(0, endMs - monoMs()),
      );
      asked.once("close", () => clearTimeout(timer));
      asked.on("error", (error) => reject(asked.reusedSocket && !late ? new KeptTooLong(error.message) : error));
      asked.once("response", (answer: IncomingMessage) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        answer.once("end", () => resolve({ status: answer.statusCode ?? 0, text }));
        answer.once("error", reject);
      });
      asked.end(body);
    });
  }
}

interface Answer {
  status: number;
  text: string;
}

class KeptTooLong extends Error {}

/** A newer router may say what this hub does not know. */
function parse(line: string): RouterEvent | undefined {
  try {
    return RouterEvent.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
