/** One start of a run: load, probes, a look a second, slices and checkpoints, until it is observed for long enough. */
import { setTimeout as pause } from "node:timers/promises";
import { monoMs } from "../../hub/io/mono-clock.ts";
import type { Observer } from "../chaos/observer.ts";
import { Prober } from "../chaos/prober/prober.ts";
import { type Route, routesAt } from "../chaos/prober/service-streams.ts";
import { Clients } from "./clients.ts";
import type { Clock } from "./clock.ts";
import type { Faults } from "./faults.ts";
import { Gather, lookEveryMs } from "./gather.ts";
import { Looker } from "./looker.ts";
import { askObjectives } from "./objectives.ts";
import type { SoakedPair } from "./pair.ts";
import type { RunRecord } from "./record.ts";
import { reportTexts, writeTexts } from "./report/write.ts";
import { Services } from "./services.ts";
import { askedMsOf, sliceMsOf } from "./settings.ts";
import type { Store } from "./store.ts";
import { hubStreams, kindOf, type Load, mostUnseen, newestOf, tryMs } from "./streams.ts";
import type { View } from "./view.ts";
import { duration } from "./words.ts";

export interface SoakingOptions {
  store: Store;
  pair: SoakedPair;
  record: RunRecord;
  observer: Observer;
  faults: Faults | undefined;
  clock: Clock;
  /** Whether the start before lost its last slice. */
  endedSuddenly: boolean;
  say(line: string): void;
  show(view: View): void;
  told(view: View): void;
  signal: AbortSignal;
}

/** Until what failed last is sent again, copied and told by both hubs. */
const settleMs = 45_000;
/** Whoever pressed Ctrl-C waits. */
const hurriedSettleMs = 5_000;
const settlePollMs = 500;
/** From a request's turn until its sample is here: two addresses, and the way from the prober's thread. */
const horizonMs = 2 * tryMs + 500;
const servicesEveryMs = 60_000;

export class Soaking {
  readonly #options: SoakingOptions;
  readonly #gather: Gather;
  readonly #looker: Looker;
  readonly #services: Services;
  readonly #prober: Prober;
  readonly #load: Load;
  #servicesAtMs = 0;
  #routes: Route[] | undefined;

  /** Begins to ask at once. */
  constructor(options: SoakingOptions) {
    this.#options = options;
    const { pair, record, clock, endedSuddenly, store } = options;
    const { run, starts, pushesPerSecond } = store.settings;
    this.#load = { hubs: pair.hubs, pushesPerSecond, client: `${run}-${starts}` };
    const tell = record.tell.bind(record);
    this.#looker = new Looker(pair, tell, () => clock.nowMs());
    this.#services = new Services(tell);
    const lostMs = endedSuddenly ? sliceMsOf(store.settings) + horizonMs : 0;
    const past = record.totals.clients;
    const gathering = {
      clients: new Clients(past, mostUnseen(this.#load, newestOf(past.keys(), run), lostMs)),
      clientOf: (stream: string) => this.#prober.streams.find(({ name }) => name === stream)?.client,
      kindOf,
      horizonMs,
    };
    this.#gather = new Gather(gathering, clock.nowMs());
    this.#prober = new Prober(hubStreams(this.#load));
  }

  /** @param calm ends the faults, so that what follows is counted in peace */
  async run(calm: () => Promise<void>): Promise<void> {
    const { signal, clock, pair, record, told } = this.#options;
    try {
      await this.#observe();
      await calm();
      if (!signal.aborted) await pair.stage?.well(settleMs, signal);
      this.#note(0);
      record.add(this.#gather.take(clock.nowMs()));
      await this.#settle(signal.aborted ? hurriedSettleMs : settleMs);
      record.tell(await askObjectives(pair.hubs, clock.nowMs()));
      const what = signal.aborted ? "the soak was interrupted" : "the soak ended";
      record.tell({ atMs: clock.nowMs(), toMs: null, kind: "stop", what });
      record.add(this.#gather.take(clock.nowMs(), true));
      await this.#checkpoint("last");
      told(this.#view());
    } finally {
      await this.#prober.close();
    }
  }

  async #observe(): Promise<void> {
    const { store, record, clock, signal, told, show } = this.#options;
    const sliceMs = sliceMsOf(store.settings);
    const askedMs = askedMsOf(store.settings);
    for (let dueMs = monoMs(); !signal.aborted; dueMs += lookEveryMs) {
      // Seconds that passed unseen, while this computer slept or was busy, are not made up for.
      const lateMs = monoMs() - dueMs;
      if (lateMs > lookEveryMs) dueMs += Math.floor(lateMs / lookEveryMs) * lookEveryMs;
      this.#heedClock();
      this.#heedServices();
      await this.#look(Math.max(0, lateMs));
      if (record.totals.observedMs + this.#gather.observedMs >= askedMs) return;
      if (clock.nowMs() - this.#gather.fromMs >= sliceMs) {
        record.add(this.#gather.take(clock.nowMs()));
        if (record.isCheckpointDue) await this.#checkpoint("more follow");
        told(this.#view());
      }
      show(this.#view());
      await pause(Math.max(0, dueMs + lookEveryMs - monoMs()), undefined, { signal }).catch(() => {});
    }
  }

  /** Nobody saw what was in a sleep: the slice ends before it. A clock that was set changes nothing but what others say of the time. */
  #heedClock(): void {
    const { clock, record } = this.#options;
    const beforeMs = clock.nowMs();
    const jump = clock.jump();
    if (jump === undefined) return;
    const nowMs = clock.nowMs();
    if (jump.kind === "slept") {
      record.add(this.#gather.take(beforeMs));
      this.#gather.wake(nowMs);
      record.tell({ atMs: beforeMs, toMs: nowMs, kind: "problem", what: "this computer slept" });
      return;
    }
    const by = `${jump.ms < 0 ? "back" : "forward"} by ${duration(Math.abs(jump.ms))}`;
    const what = `this computer's clock was set ${by}; until the next start times are told as if it had not been`;
    record.tell({ atMs: nowMs, toMs: null, kind: "problem", what });
  }

  /** Nobody waits for the hubs' answers: they come with a later second. */
  #heedServices(): void {
    const { pair, clock } = this.#options;
    const routes = this.#routes;
    this.#routes = undefined;
    if (routes !== undefined && this.#services.note(routes, clock.nowMs()))
      this.#prober.ask([...hubStreams(this.#load), ...this.#services.streams()]);
    if (monoMs() < this.#servicesAtMs) return;
    this.#servicesAtMs = monoMs() + servicesEveryMs;
    void routesAt(pair.hubs, tryMs).then((found) => (this.#routes = found));
  }

  async #look(lateMs: number): Promise<void> {
    this.#note(0);
    this.#gather.look(await this.#looker.look(lateMs));
    this.#hear();
  }

  /** @param aheadMs so much of the horizon is left out */
  #note(aheadMs: number): void {
    const { clock } = this.#options;
    const samples = this.#prober.drain().map((sample) => ({ ...sample, atMs: clock.at(sample.atMs) }));
    this.#gather.note(samples, clock.nowMs() + aheadMs);
  }

  /** Until every push is acknowledged and both hubs hold it, or the time is over. */
  async #settle(deadlineMs: number): Promise<void> {
    this.#prober.settle();
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
    const { clock, observer, record } = this.#options;
    for (const { atMs, by, of, to } of observer.turns.splice(0)) {
      const what = `${by} says that ${of === "sync" ? "the pair" : of} is ${to}`;
      record.tell({ atMs: clock.at(atMs), toMs: null, kind: "verdict", what, turn: { by, of, to } });
    }
  }

  /** Nothing is written after the last one, which vouches for all that is. */
  async #checkpoint(which: "last" | "more follow"): Promise<void> {
    const { store, say, record, clock } = this.#options;
    record.checkpoint();
    writeTexts(store.dir, reportTexts(record.source()));
    const problem = await record.keepCopy();
    if (problem === "") return;
    say(problem);
    if (which === "more follow") record.tell({ atMs: clock.nowMs(), toMs: null, kind: "problem", what: problem });
  }

  #view(): View {
    const { store, record, clock, faults } = this.#options;
    const { settings, dir } = store;
    return {
      settings,
      dir,
      nowMs: clock.nowMs(),
      observedMs: record.totals.observedMs + this.#gather.observedMs,
      record,
      look: this.#looker.last,
      standing: this.#gather.standing,
      fault: faults?.current,
    };
  }
}
