/** Soaks a pair until it was observed for as long as was asked, or the signal comes: load, probes, a look a second, slices, checkpoints. */
import { setTimeout as pause } from "node:timers/promises";
import { monoMs } from "../../hub/io/mono-clock.ts";
import { Observer } from "../chaos/observer.ts";
import { Prober } from "../chaos/prober/prober.ts";
import { seededRandom } from "../chaos/random.ts";
import { chooseScenarios } from "../chaos/scenarios/all.ts";
import { Clients } from "./clients.ts";
import { Faults } from "./faults.ts";
import { Gather, lookEveryMs } from "./gather.ts";
import { Looker } from "./looker.ts";
import { openPair, type SoakedPair } from "./pair.ts";
import { RunRecord } from "./record.ts";
import { writeReports } from "./report/write.ts";
import { sliceMsOf } from "./settings.ts";
import type { Store } from "./store.ts";
import { kindOf, removeGroups, streamsOf, tryMs } from "./streams.ts";
import type { Verdict } from "./verdict.ts";
import type { View } from "./view.ts";

export interface RunOptions {
  store: Store;
  say(line: string): void;
  /** Each second. */
  show(view: View): void;
  /** Each slice. */
  told(view: View): void;
  signal: AbortSignal;
}

/** How long a full partition stands, ms. */
const partitionMs = 30_000;
/** Until what failed last is sent again, copied and told by both hubs. */
const settleMs = 45_000;
/** Whoever pressed Ctrl-C waits. */
const hurriedSettleMs = 5_000;
const settlePollMs = 500;
/** From a request's turn until its sample is here: two addresses, and the way from the prober's thread. */
const horizonMs = 2 * tryMs + 500;

export async function soak(options: RunOptions): Promise<Verdict> {
  const { store, say, signal } = options;
  const { settings } = store;
  const random = seededRandom(settings.seed + settings.starts);
  const scenarios =
    settings.chaos > 0 ? chooseScenarios(settings.scenarios).filter(({ needs }) => needs !== "disk") : [];
  const pair = await openPair(
    { target: settings.target, dir: store.dir, scenarios, random: random.fork(), say },
    signal,
  );
  store.rememberHubs(pair.hubs.map(({ hubUrl }) => hubUrl));
  const record = new RunRecord(
    store,
    pair.hubs.map(({ hubUrl }) => hubUrl),
  );
  const faultsOver = new AbortController();
  const tell = record.tell.bind(record);
  const faults =
    pair.stage &&
    new Faults({
      stage: pair.stage,
      scenarios,
      perHour: settings.chaos,
      times: { holdMs: settings.holdSeconds * 1_000, partitionMs },
      random,
      tell,
      say,
      signal: AbortSignal.any([signal, faultsOver.signal]),
    });
  const observer = new Observer(pair.hubs.map(({ name, hubUrl }) => ({ name, url: hubUrl })));
  try {
    tell({ atMs: Date.now(), toMs: null, kind: "start", what: startText(settings.starts) });
    const playing = Promise.all([faults?.run(), faults?.keepAlive()]);
    await new Soaking(options, pair, record, observer, faults).run(async () => {
      faultsOver.abort();
      await playing;
    });
    const done = record.totals.figures().observedMs >= settings.hours * 3_600_000;
    if (done && pair.stage === undefined) await removeGroups(pair.hubs);
  } finally {
    faultsOver.abort();
    observer.stop();
    await pair.stage?.close();
  }
  const verdict = record.verdict();
  writeReports(store.dir, settings, record, verdict);
  return verdict;
}

const startText = (starts: number) => (starts === 1 ? "the soak began" : `the soak went on (start ${starts})`);

/** One start of a run. */
class Soaking {
  readonly #options: RunOptions;
  readonly #pair: SoakedPair;
  readonly #record: RunRecord;
  readonly #observer: Observer;
  readonly #faults: Faults | undefined;
  readonly #gather: Gather;
  readonly #looker: Looker;
  readonly #client: string;
  #prober: Prober | undefined;

  constructor(
    options: RunOptions,
    pair: SoakedPair,
    record: RunRecord,
    observer: Observer,
    faults: Faults | undefined,
  ) {
    this.#options = options;
    this.#pair = pair;
    this.#record = record;
    this.#observer = observer;
    this.#faults = faults;
    const { run, starts } = options.store.settings;
    this.#client = `${run}-${starts}`;
    this.#looker = new Looker(pair, record.tell.bind(record));
    const gathering = {
      clients: new Clients(record.totals.clients),
      clientOf: (stream: string) => this.#clientOf(stream),
      kindOf,
      horizonMs,
    };
    this.#gather = new Gather(gathering, Date.now());
  }

  /** @param calm ends the faults, so that what follows is counted in peace */
  async run(calm: () => Promise<void>): Promise<void> {
    const { store, signal } = this.#options;
    const { pushesPerSecond } = store.settings;
    const prober = new Prober(await streamsOf({ hubs: this.#pair.hubs, pushesPerSecond, client: this.#client }));
    this.#prober = prober;
    try {
      await this.#observe(signal);
      await calm();
      if (!signal.aborted) await this.#pair.stage?.well(settleMs, signal);
      this.#note(0);
      this.#record.add(this.#gather.take(Date.now()));
      await this.#settle(prober, signal.aborted ? hurriedSettleMs : settleMs);
      const what = signal.aborted ? "the soak was interrupted" : "the soak ended";
      this.#record.tell({ atMs: Date.now(), toMs: null, kind: "stop", what });
      this.#record.add(this.#gather.take(Date.now(), true));
      await this.#checkpoint();
      this.#options.told(this.#view());
    } finally {
      await prober.close();
    }
  }

  async #observe(signal: AbortSignal): Promise<void> {
    const { settings } = this.#options.store;
    const sliceMs = sliceMsOf(settings);
    const askedMs = settings.hours * 3_600_000;
    for (let dueMs = monoMs(); !signal.aborted; dueMs += lookEveryMs) {
      // Seconds that passed unseen, while this computer slept or was busy, are not made up for.
      const lateMs = monoMs() - dueMs;
      if (lateMs > lookEveryMs) dueMs += Math.floor(lateMs / lookEveryMs) * lookEveryMs;
      await this.#look(Math.max(0, lateMs));
      const nowMs = Date.now();
      const done = this.#record.totals.observedMs + this.#gather.observedMs >= askedMs;
      if (done) return;
      if (nowMs - this.#gather.fromMs >= sliceMs) {
        this.#record.add(this.#gather.take(nowMs));
        if (this.#record.isCheckpointDue(nowMs)) await this.#checkpoint();
        this.#options.told(this.#view());
      }
      this.#options.show(this.#view());
      await pause(Math.max(0, dueMs + lookEveryMs - monoMs()), undefined, { signal }).catch(() => {});
    }
  }

  async #look(lateMs: number): Promise<void> {
    this.#note(0);
    this.#gather.look(await this.#looker.look(lateMs));
    this.#hear();
  }

  /** @param aheadMs so much of the horizon is left out */
  #note(aheadMs: number): void {
    const wallMs = Date.now() - monoMs();
    const samples = (this.#prober?.drain() ?? []).map((sample) => ({ ...sample, atMs: sample.atMs + wallMs }));
    this.#gather.note(samples, Date.now() + aheadMs);
  }

  /** Until every push is acknowledged and both hubs hold it, or the time is over. */
  async #settle(prober: Prober, deadlineMs: number): Promise<void> {
    prober.settle();
    const endMs = performance.now() + deadlineMs;
    // What is on its way is answered or given up by then.
    await pause(horizonMs);
    do {
      this.#note(horizonMs);
      const look = await this.#looker.look(0);
      this.#gather.look(look);
      if (this.#gather.isSettled && look.hubs.every(({ said }) => said?.inSync === true && said.missing === 0)) return;
      await pause(settlePollMs);
    } while (performance.now() < endMs);
  }

  #hear(): void {
    const wallMs = Date.now() - monoMs();
    for (const { atMs, by, of, to } of this.#observer.turns.splice(0)) {
      const what = `${by} says that ${of === "sync" ? "the pair" : of} is ${to}`;
      this.#record.tell({ atMs: Math.round(atMs + wallMs), toMs: null, kind: "verdict", what, turn: { by, of, to } });
    }
  }

  async #checkpoint(): Promise<void> {
    const { store, say } = this.#options;
    const problem = await this.#record.checkpoint();
    if (problem !== "") {
      say(problem);
      this.#record.tell({ atMs: Date.now(), toMs: null, kind: "problem", what: problem });
    }
    writeReports(store.dir, store.settings, this.#record, this.#record.verdict());
  }

  #clientOf(stream: string): string | undefined {
    return this.#prober?.streams.find(({ name }) => name === stream)?.client;
  }

  #view(): View {
    const { settings } = this.#options.store;
    const record = this.#record;
    return {
      settings,
      nowMs: Date.now(),
      observedMs: record.totals.observedMs + this.#gather.observedMs,
      record,
      look: this.#looker.last,
      standing: this.#gather.standing,
      fault: this.#faults?.current,
    };
  }
}
