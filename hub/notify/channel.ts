/** One channel of this hub: tells what may be told, one message at a time, and after a failure waits ever longer. No other channel waits for it. */
import type { Notice } from "../core/notify/notice.ts";
import { Pace } from "../core/notify/pace.ts";
import { attemptMs } from "../core/notify/turns.ts";
import type { ChannelView } from "../http/notifications-json.ts";
import { type Log, messageOf } from "../io/log.ts";
import { within } from "../io/within.ts";
import type { ChannelConfig } from "./config.ts";
import { type Message, messageOfNotices, type Teller, testMessage } from "./message.ts";
import { tell } from "./tell.ts";

export interface ChannelOptions {
  config: ChannelConfig;
  teller: Teller;
  /** What may be told now, what happened first first. */
  candidates(): Notice[];
  queued(): number;
  /** One message has told of these. */
  onTold(ids: readonly string[]): void;
  log: Log;
  /** Monotonic ms. */
  clock(): number;
  /** @default by what the channel's kind says */
  send?: typeof tell;
}

const retryMs = 2_000;
const retryAtMostMs = 60_000;
const stopMs = 2_000;

export class Channel {
  readonly #options: ChannelOptions;
  readonly #stop = new AbortController();
  readonly #pace = new Pace();
  /** Of notices that are still to be told: those that failed least go first. */
  readonly #failures = new Map<string, number>();
  #busy: Promise<void> | undefined;
  #failed = 0;
  #failingSinceMs: number | undefined;
  #tried = false;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #delivered = 0;
  #attemptsFailed = 0;
  #lastDeliveredAtMs: number | undefined;
  #error: string | null = null;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  get config(): ChannelConfig {
    return this.#options.config;
  }

  /**
   * Since when every attempt fails, ms ago; 0 when the last one did not, or nothing waits any more: nobody is kept from hearing anything.
   * Undefined before the first attempt since the start.
   */
  get failingForMs(): number | undefined {
    if (!this.#tried) return undefined;
    if (this.#options.queued() === 0) this.#failingSinceMs = undefined;
    return this.#failingSinceMs === undefined ? 0 : this.#options.clock() - this.#failingSinceMs;
  }

  get counts(): { delivered: number; failed: number; queued: number } {
    return { delivered: this.#delivered, failed: this.#attemptsFailed, queued: this.#options.queued() };
  }

  /** Something may be to be told. */
  look(): void {
    const { candidates, clock } = this.#options;
    if (this.#busy !== undefined || this.#stop.signal.aborted || clock() < this.#notBeforeMs) return;
    const all = candidates();
    const waiting = all.toSorted((a, b) => this.#failuresOf(a) - this.#failuresOf(b));
    const [first, ...rest] = this.#pace.next(waiting, clock());
    for (const id of this.#failures.keys()) if (!all.some((each) => each.id === id)) this.#failures.delete(id);
    if (first === undefined) return;
    this.#busy = this.#tell([first, ...rest]).finally(() => {
      this.#busy = undefined;
      this.look();
    });
  }

  /** @returns why it did not arrive; undefined when the other side took it */
  async test(severity: Message["severity"]): Promise<string | undefined> {
    return await this.#attempt(testMessage(severity, Date.now(), this.#options.teller));
  }

  view(): ChannelView {
    const { name, kind, atLeast } = this.config;
    const at = this.#lastDeliveredAtMs;
    return {
      name,
      kind,
      atLeast,
      queued: this.#options.queued(),
      delivered: this.#delivered,
      lastDeliveredAt: at === undefined ? null : new Date(at).toISOString(),
      error: this.#error,
    };
  }

  /** What is under way may end: whoever goes on would tell it again. */
  async stop(): Promise<void> {
    const busy = this.#busy ?? Promise.resolve();
    this.#notBeforeMs = Number.POSITIVE_INFINITY;
    await within(stopMs, busy);
    this.#stop.abort();
    await busy;
  }

  async #tell(notices: readonly [Notice, ...Notice[]]): Promise<void> {
    const { config, teller, onTold, log, clock } = this.#options;
    const message = messageOfNotices(notices, teller);
    const error = await this.#attempt(message);
    if (error !== undefined) [this.#tried, this.#failingSinceMs] = [true, this.#failingSinceMs ?? clock()];
    const { kind, alert, subject } = message;
    const said = { channel: config.name, kind, alert, subject, notices: notices.length };
    if (error === undefined) {
      for (const { id } of notices) this.#failures.delete(id);
      this.#pace.told(notices, clock());
      log.info("notification.told", said);
      onTold(notices.map(({ id }) => id));
      return;
    }
    for (const notice of notices) this.#failures.set(notice.id, this.#failuresOf(notice) + 1);
    log.warn("notification.failed", { ...said, error });
  }

  async #attempt(message: Message): Promise<string | undefined> {
    const { config, clock, send = tell } = this.#options;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), attemptMs);
    try {
      await send(config, message, AbortSignal.any([deadline.signal, this.#stop.signal]));
    } catch (error) {
      this.#attemptsFailed++;
      this.#failed++;
      this.#error = messageOf(error);
      this.#notBeforeMs = Math.max(
        this.#notBeforeMs,
        clock() + Math.min(retryAtMostMs, retryMs * 2 ** (this.#failed - 1)),
      );
      return this.#error;
    } finally {
      clearTimeout(timer);
    }
    this.#delivered++;
    this.#failed = 0;
    this.#error = null;
    this.#failingSinceMs = undefined;
    this.#tried = true;
    this.#lastDeliveredAtMs = Date.now();
    return undefined;
  }

  #failuresOf({ id }: Notice): number {
    return this.#failures.get(id) ?? 0;
  }
}
