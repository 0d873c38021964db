/** Says to a service outside, again and again, that this hub lives and is ready: when it falls silent, that service calls people. */
import { type Log, messageOf } from "../io/log.ts";
import type { DeadMansSwitchConfig } from "./config.ts";
import { urlOf } from "./secret-text.ts";
import { sendHttp } from "./send-http.ts";

export interface DeadMansSwitchOptions {
  config: DeadMansSwitchConfig;
  /** Whether this hub takes pushes and tells alerts. */
  isReady(): boolean;
  log: Log;
}

const deadlineMs = 10_000;
/** After a failure it is tried again sooner, ms: the service outside waits for one only so long. */
const retryMs = 5_000;

export class DeadMansSwitch {
  readonly #options: DeadMansSwitchOptions;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #lastSaidAtMs: number | undefined;
  #error: string | null = null;

  constructor(options: DeadMansSwitchOptions) {
    this.#options = options;
    this.#wait(0);
  }

  view(): { lastSaidAt: string | null; error: string | null } {
    const at = this.#lastSaidAtMs;
    return { lastSaidAt: at === undefined ? null : new Date(at).toISOString(), error: this.#error };
  }

  /** Wall ms; undefined before the first time. */
  get lastSaidAtMs(): number | undefined {
    return this.#lastSaidAtMs;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
  }

  #wait(ms: number): void {
    if (!this.#stop.signal.aborted) this.#timer = setTimeout(() => void this.#say(), ms);
  }

  async #say(): Promise<void> {
    const { config, isReady, log } = this.#options;
    const everyMs = config.everySeconds * 1_000;
    if (!isReady()) return this.#wait(Math.min(everyMs, 1_000));
    try {
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(deadlineMs)]);
      await sendHttp(await urlOf(config), { method: "GET" }, signal);
      this.#lastSaidAtMs = Date.now();
      this.#error = null;
    } catch (error) {
      const message = messageOf(error);
      if (message !== this.#error) log.warn("dead_mans_switch.unheard", { error: message });
      this.#error = message;
    }
    this.#wait(this.#error === null ? everyMs : Math.min(everyMs, retryMs));
  }
}
