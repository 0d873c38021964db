/** One client as users have them: it asks at a steady pace, waits so long for an answer, and then tries its other address. */
import { messageOf } from "../../../hub/io/log.ts";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { Connections } from "../../client/connections.ts";
import { ShownToken } from "../../site/push-token.ts";
import type { Sample, Stream } from "./sample.ts";
import { turnsOf } from "./turns.ts";

/** A hub's word that it has this number already, and has forgotten what was pushed under it. */
const alreadyStored = 409;

/** Requests of one client that may be under way at once; a further one fails unsent, as it would in a full pool. */
const mostUnderWay = 200;

export interface ClientOptions {
  stream: Stream;
  /** The next number of a push, unique in the run. */
  nextNumber(): number;
  done(sample: Sample): void;
}

export class Client {
  readonly #options: ClientOptions;
  #targets: Stream["targets"];
  readonly #connections = new Connections({ keepAlive: true, maxSockets: 32 });
  readonly #token = new ShownToken();
  #preferred = 0;
  #underWay = 0;
  /** Of a stream that numbers its own: the last number, and those that have failed. */
  #lastOwn = 0;
  readonly #failed: number[] = [];
  #settling = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#targets = options.stream.targets;
  }

  /** Goes on until its thread ends. */
  start(): void {
    let dueMs = monoMs();
    const next = () => {
      const { turns, nextMs } = turnsOf(this.#options.stream, dueMs, monoMs());
      for (const atMs of turns) void this.#ask(atMs);
      dueMs = nextMs;
      setTimeout(next, Math.max(1, dueMs - monoMs()));
    };
    next();
  }

  turnTo(targets: Stream["targets"]): void {
    this.#targets = targets;
  }

  settle(): void {
    this.#settling = true;
  }

  #nextNumber(): number {
    if (this.#options.stream.client === undefined) return this.#options.nextNumber();
    return this.#failed.shift() ?? ++this.#lastOwn;
  }

  async #ask(atMs: number): Promise<void> {
    if (this.#settling && this.#failed.length === 0) return;
    const { stream, done } = this.#options;
    const { name, kind } = stream;
    const targets = this.#targets;
    const number = kind === "push" ? { number: this.#nextNumber() } : {};
    const errors: string[] = [];
    const sample = (ok: boolean, by: string): Sample => ({
      stream: name,
      atMs,
      tookMs: Math.round((monoMs() - atMs) * 10) / 10,
      ok,
      by,
      errors,
      ...number,
    });
    if (this.#underWay >= mostUnderWay) {
      errors.push("too many requests wait already");
      this.#failedOwn(number.number);
      return done(sample(false, ""));
    }
    this.#underWay++;
    let by = "";
    try {
      // Another request may prefer another address meanwhile; this one still tries each of them.
      const first = this.#preferred;
      for (let tried = 0; tried < targets.length; tried++) {
        const index = (first + tried) % targets.length;
        const target = targets[index];
        if (target === undefined) break;
        by = target.machine;
        // What throws, such as a token that cannot be read, is a failure as any other: nobody awaits this.
        const error = await this.#try(target.url, number.number).catch(messageOf);
        if (error === undefined) {
          this.#preferred = index;
          return done(sample(true, by));
        }
        errors.push(`${by}: ${error}`);
      }
      // The first address again, once a whole round was in vain.
      this.#preferred = 0;
      this.#failedOwn(number.number);
      done(sample(false, by));
    } finally {
      this.#underWay--;
    }
  }

  #failedOwn(number: number | undefined): void {
    if (number !== undefined && this.#options.stream.client !== undefined) this.#failed.push(number);
  }

  /** @returns what went wrong */
  #try(url: string, number: number | undefined): Promise<string | undefined> {
    const { name, kind, tryMs, client } = this.#options.stream;
    const body = kind === "push" ? pushBody(client === undefined ? "chaos" : "soak", name, number ?? 0) : undefined;
    const numbered = client === undefined ? {} : { "tandem-client": client, "tandem-seq": String(number) };
    const { ask, agent } = this.#connections.to(url);
    return new Promise((resolve) => {
      const asked = ask(
        url,
        {
          method: body === undefined ? "GET" : "PUT",
          agent,
          ...(body === undefined
            ? {}
            : { headers: { "content-length": Buffer.byteLength(body), ...numbered, ...this.#token.headers() } }),
        },
        (response) => {
          const { statusCode = 0 } = response;
          response.resume();
          const ok = (statusCode >= 200 && statusCode < 300) || (client !== undefined && statusCode === alreadyStored);
          response.on("end", () => settle(ok ? undefined : `status ${statusCode}`));
          response.on("close", () => settle("the answer broke off"));
        },
      );
      // A timer of its own: that of the request measures idle sockets only.
      const timer = setTimeout(() => {
        settle(`no answer in ${tryMs} ms`);
        asked.destroy();
      }, tryMs);
      const settle = (error: string | undefined) => {
        clearTimeout(timer);
        resolve(error);
      };
      asked.on("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
      asked.end(body);
    });
  }
}

const pushBody = (prefix: "chaos" | "soak", client: string, number: number) =>
  `# TYPE ${prefix}_pushed gauge\n${prefix}_pushed{client="${client}"} ${number}\n`;

/** The number that a push of this prober wrote. */
export function pushedNumber(body: string): number | undefined {
  const digits = /^chaos_pushed\{[^}]*\} (\d+)$/m.exec(body)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
