/** Reads messages that were stored without our having heard so, so that no place in a stream is passed over for ever. */
import type { JetStreamManager, NatsConnection } from "nats";
import { decodeBatch } from "../core/batch-codec.ts";
import type { Stretch } from "../core/seq-set.ts";
import { feed } from "./feed.ts";
import type { HeldStream } from "./held-streams.ts";
import type { Log } from "./log.ts";
import type { RecordState } from "./record-state.ts";
import type { StreamPlaces } from "./stream-places.ts";

export interface GapReaderOptions {
  streams: readonly HeldStream[];
  nc: NatsConnection;
  state: RecordState;
  places: StreamPlaces;
  log: Log;
  signal: AbortSignal;
}

/** After so long a message that was passed over is not on its way any more, ms. */
const patienceMs = 5_000;

export class GapReader {
  readonly #options: GapReaderOptions;
  #sinceMs: number | undefined;

  constructor(options: GapReaderOptions) {
    this.#options = options;
  }

  /** Does nothing while a gap is young. */
  async read(jsm: JetStreamManager): Promise<void> {
    const { streams, places, log } = this.#options;
    const gaps = streams.flatMap((stream) => places.gaps(stream.name).map((gap) => ({ stream, gap })));
    if (gaps.length === 0) this.#sinceMs = undefined;
    else this.#sinceMs ??= performance.now();
    if (this.#sinceMs === undefined || performance.now() - this.#sinceMs < patienceMs) return;
    for (const { stream, gap } of gaps) {
      log.info("snapshot.gap", { stream: stream.name, gap });
      await this.#fill(jsm, stream, gap);
    }
    this.#sinceMs = undefined;
  }

  async #fill(jsm: JetStreamManager, { kind, name }: HeldStream, gap: Stretch): Promise<void> {
    const [first, last] = gap;
    const { nc, state, places, signal } = this.#options;
    for await (const { streamSeq, data } of feed(nc, jsm, name, first, signal, { untilCaughtUp: true })) {
      if (streamSeq > last) break;
      const batch = decodeBatch(data);
      if (batch !== undefined && !state.isHeld(kind, batch)) state.take(kind, batch);
    }
    // What was not among them cannot be read, or was purged.
    places.pass(name, gap);
  }
}
