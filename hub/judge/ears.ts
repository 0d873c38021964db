/** The judge's exchange of beats, which may listen before anybody judges: one that starts then knows its peer already, and the peer it. */
import { createLog, type Log, logWith } from "../io/log.ts";
import { monoMs } from "../io/mono-clock.ts";
import { BeatExchange, type BeatExchangeOptions } from "./beat-exchange.ts";
import { BeatKeys } from "./beat-keys.ts";
import type { FromJudge, JudgeOrders } from "./messages.ts";

export type Hearer = Pick<BeatExchangeOptions, "heard" | "word" | "refused">;

export class Ears {
  readonly log: Log;
  readonly exchange: BeatExchange;
  #hearer: Hearer | undefined;
  #opened: Promise<void> | undefined;

  /** @param tell the hub's main thread */
  constructor({ config, incarnation }: JudgeOrders, tell: (message: FromJudge) => void) {
    this.log = logWith(createLog(config.machine.name), { thread: "judge" });
    this.exchange = new BeatExchange({
      config,
      incarnation,
      keys: new BeatKeys(config.stateDirectory, this.log, ({ sealing, peer }) => tell({ type: "keys", sealing, peer })),
      log: this.log,
      clock: monoMs,
      heard: (...heard) => this.#hearer?.heard(...heard),
      word: (word) => this.#hearer?.word(word),
      refused: (path) => this.#hearer?.refused(path),
    });
  }

  /** Rejects when a port cannot be had; later calls say the same as the first. */
  open(): Promise<void> {
    this.#opened ??= this.exchange.open();
    return this.#opened;
  }

  /** Undefined: what is heard is for nobody from now on. */
  hear(hearer: Hearer | undefined): void {
    this.#hearer = hearer;
  }
}
