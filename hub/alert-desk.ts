/** Stores alerts in their order, and keeps those that cannot be stored yet: while a hub starts, much is seen before its records are read. */
import { type AlertStore, type NewAlert, storeAlert } from "./io/store-alert.ts";

const retryMs = 1_000;

/** Bounded by what alerts are about: of one name and subject the newest waits. */
export class AlertDesk {
  readonly #store: AlertStore;
  readonly #waiting = new Map<string, NewAlert>();
  #timer: NodeJS.Timeout | undefined;
  #storing = false;

  constructor(store: AlertStore) {
    this.#store = store;
  }

  put(alert: NewAlert): void {
    const key = `${alert.name} ${alert.subject}`;
    // Behind what waits already.
    this.#waiting.delete(key);
    this.#waiting.set(key, alert);
    void this.#storeAll();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  async #storeAll(): Promise<void> {
    if (this.#storing) return;
    this.#storing = true;
    clearTimeout(this.#timer);
    for (const [key, alert] of this.#waiting) {
      if (!(await storeAlert(this.#store, alert))) break;
      if (this.#waiting.get(key) === alert) this.#waiting.delete(key);
    }
    this.#storing = false;
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => void this.#storeAll(), retryMs);
  }
}
