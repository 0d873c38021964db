/** One target: is sent what waits for it, one request at a time in their order. No other target waits for it. */
import { compress, uncompress } from "snappyjs";
import { meaningOf, retryAfterMs, waitMs } from "../core/remote-write/answers.ts";
import type { QueuedRequest } from "../core/remote-write/backlog.ts";
import { type Turn, Voice } from "../core/remote-write/turns.ts";
import { endsOf } from "../core/remote-write/write-request.ts";
import { type Log, messageOf } from "../io/log.ts";
import { Poster, whyOf } from "../io/remote-write/post.ts";
import { secretText } from "../notify/secret-text.ts";
import type { RemoteWriteTarget } from "./config.ts";

interface Queue {
  next(target: string): QueuedRequest | undefined;
  read(request: QueuedRequest): Promise<Uint8Array | undefined>;
  pass(target: string, request: QueuedRequest, sent: boolean): void;
}

export interface SenderOptions {
  target: RemoteWriteTarget;
  version: string;
  /** Undefined before it is open. */
  queue(): Queue | undefined;
  turn(request: QueuedRequest): Turn;
  log: Log;
}

/** So often a request is read before its disk counts as damaged there: some five minutes. */
const mostReads = 20;
/** The peer says once a second how far it is. */
const turnLookMs = 500;

export class Sender {
  readonly #options: SenderOptions;
  readonly #poster = new Poster();
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #wake = () => {};
  #closing = false;
  readonly #voice = new Voice();
  #failures = 0;
  /** In a row, of the next request. */
  #failedReads = 0;
  /** What is wrong, as it was told last; empty while all is well. */
  #complaint = "";
  #overflows = false;
  #refusingSinceMs: number | undefined;
  readonly counts = { samples: 0, dropped: 0, failed: 0 };

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.target.name;
  }

  /** Age of the oldest samples that wait, ms; 0 when none do. */
  get lagMs(): number {
    const next = this.#options.queue()?.next(this.name);
    return next === undefined ? 0 : Math.max(0, Date.now() - next.atMs);
  }

  /** Since when the store has refused whatever it was sent, ms ago; 0 when it took the last request. */
  get refusingForMs(): number {
    return this.#refusingSinceMs === undefined ? 0 : performance.now() - this.#refusingSinceMs;
  }

  /** The queue is open. */
  start(): void {
    const queue = this.#options.queue();
    if (queue !== undefined) this.#running = this.#run(queue);
  }

  /** The queue was full, and the oldest went. */
  lost(samples: number): void {
    if (!this.#overflows) this.#options.log.warn("remote_write.dropped", { target: this.name, samples });
    this.#overflows = true;
    this.counts.dropped += samples;
  }

  /** Something may be to be sent. */
  look(): void {
    this.#wake();
  }

  /** At once: whoever goes on sends again what is under way, which does no harm, while a hub that takes over is waited for. */
  async stop(): Promise<void> {
    this.#closing = true;
    this.#wake();
    this.#stop.abort();
    await this.#running;
    this.#poster.close();
  }

  async #run(queue: Queue): Promise<void> {
    const { turn } = this.#options;
    while (!this.#closing) {
      const request = queue.next(this.name);
      const whose = request && turn(request);
      if (request === undefined || whose === undefined) await this.#pause();
      else if (whose === "wait") await this.#pause(turnLookMs);
      else if (whose === "send") await this.#send(request, queue, false);
      else if (this.#voice.ends(request)) await this.#send(request, queue, true);
      else queue.pass(this.name, request, false);
    }
  }

  /** @param ends its series, instead of what they say */
  async #send(request: QueuedRequest, queue: Queue, ends: boolean): Promise<void> {
    const kept = await this.#read(request, queue);
    if (kept === "later") return;
    const body = kept && ends ? compress(endsOf(uncompress(new Uint8Array(kept)))) : kept;
    if (body === undefined) {
      // Its file went to make room, which was counted then, or its disk gives back something else than was written.
      if (queue.next(this.name) === request) this.#drop(request, queue, "the disk does not give it back");
      return;
    }
    const { meaning, why, askedMs } = await this.#attempt(body);
    if (meaning === "taken") {
      this.#well();
      this.counts.samples += request.samples;
      if (!ends) this.#voice.spoke(request);
      queue.pass(this.name, request, !ends);
    } else if (meaning === "refused") {
      this.#failures = 0;
      this.#refusingSinceMs ??= performance.now();
      this.#drop(request, queue, why);
    } else await this.#tryLater(why, askedMs);
  }

  /** A disk that fails for a while has lost nothing; one that fails for long in one place must not hold up all that is behind it. */
  async #read(request: QueuedRequest, queue: Queue): Promise<Uint8Array | undefined | "later"> {
    try {
      const kept = await queue.read(request);
      this.#failedReads = 0;
      return kept;
    } catch (error) {
      if (++this.#failedReads < mostReads) {
        await this.#tryLater(`the queue cannot be read: ${messageOf(error)}`, 0);
        return "later";
      }
      this.#failedReads = 0;
      return undefined;
    }
  }

  async #tryLater(why: string, askedMs: number): Promise<void> {
    // What a stop has ended is no failure.
    if (this.#closing) return;
    this.#failures++;
    this.#complain("remote_write.failing", why);
    await this.#pauseForAll(waitMs(this.#failures, askedMs, Math.random()));
  }

  async #attempt(body: Uint8Array): Promise<{ meaning: ReturnType<typeof meaningOf>; why: string; askedMs: number }> {
    const { url, caFile, timeoutMs } = this.#options.target;
    try {
      const options = { url, caFile, timeoutMs, ...(await this.#headers()) };
      const { status, retryAfter, text } = await this.#poster.post(options, body, this.#stop.signal);
      const meaning = meaningOf(status);
      if (meaning !== "taken") this.counts.failed++;
      const why = `it answered ${status}${text === "" ? "" : `: ${text}`}`;
      return { meaning, why, askedMs: retryAfterMs(retryAfter, Date.now()) };
    } catch (error) {
      if (!this.#closing) this.counts.failed++;
      return { meaning: "later", why: whyOf(error), askedMs: 0 };
    }
  }

  async #headers(): Promise<{ headers: Record<string, string>; secrets: string[] }> {
    const { target, version } = this.#options;
    const { bearerFile, user, passwordFile } = target;
    const headers = {
      ...target.headers,
      "content-encoding": "snappy",
      "content-type": "application/x-protobuf",
      "x-prometheus-remote-write-version": "0.1.0",
      "user-agent": `tandem/${version}`,
    };
    const file = bearerFile ?? passwordFile;
    if (file === undefined) return { headers, secrets: [] };
    const secret = await secretText(file);
    if (user === undefined) return { headers: { ...headers, authorization: `Bearer ${secret}` }, secrets: [secret] };
    const pair = Buffer.from(`${user}:${secret}`).toString("base64");
    return { headers: { ...headers, authorization: `Basic ${pair}` }, secrets: [secret, pair] };
  }

  #well(): void {
    if (this.#complaint !== "") this.#options.log.info("remote_write.well", { target: this.name });
    this.#complaint = "";
    this.#overflows = false;
    this.#failures = 0;
    this.#refusingSinceMs = undefined;
  }

  #drop(request: QueuedRequest, queue: Queue, why: string): void {
    this.counts.dropped += request.samples;
    this.#complain("remote_write.refused", why);
    queue.pass(this.name, request, false);
  }

  /** Once for each kind of trouble, however often its words change. */
  #complain(event: string, why: string): void {
    if (this.#complaint !== event) this.#options.log.warn(event, { target: this.name, error: why });
    this.#complaint = event;
  }

  /** Until somebody looks, or so long, ms. */
  async #pause(ms?: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }

  /** So long whatever comes, unless it stops, ms. */
  async #pauseForAll(ms: number): Promise<void> {
    const endMs = performance.now() + ms;
    while (!this.#closing && performance.now() < endMs) await this.#pause(endMs - performance.now());
  }
}
