/** Soaks a pair until it was observed for as long as was asked, or the signal comes: faults beside, and a report at the end. */
import { Observer } from "../chaos/observer.ts";
import { seededRandom } from "../chaos/random.ts";
import type { Stage } from "../chaos/stage.ts";
import { Clock } from "./clock.ts";
import { Faults, failureOf } from "./faults.ts";
import { scenariosOf, withoutDisk } from "./options.ts";
import { type SoakedPair, startPair } from "./pair.ts";
import { RunRecord } from "./record.ts";
import { reportTexts, writeTexts } from "./report/write.ts";
import { askedMsOf } from "./settings.ts";
import { Soaking } from "./soaking.ts";
import type { Store } from "./store.ts";
import { removeGroups } from "./streams.ts";
import type { OwnPair } from "./target.ts";
import type { Verdict } from "./verdict.ts";
import type { View } from "./view.ts";

export interface RunOptions {
  store: Store;
  /** One that was found, or one that is to be started. */
  pair: SoakedPair | OwnPair;
  say(line: string): void;
  /** Each second. */
  show(view: View): void;
  /** Each slice. */
  told(view: View): void;
  /** Of a pair of its own, before its first process is started. */
  onStage(stage: Stage): void;
  signal: AbortSignal;
}

/** How long a full partition stands, ms. */
const partitionMs = 30_000;

export async function soak(options: RunOptions): Promise<Verdict> {
  const { store, say, onStage, signal } = options;
  const { settings } = store;
  const random = seededRandom(settings.seed + settings.starts);
  const scenarios = settings.chaos > 0 ? scenariosOf(settings.scenarios) : [];
  const left = settings.scenarios.filter((name) => scenarios.every((scenario) => scenario.name !== name));
  if (left.length > 0) say(`left out: ${left.join(", ")} (${withoutDisk})`);
  const starting = { dir: store.dir, scenarios, random: random.fork(), say, onStage };
  const pair = "kind" in options.pair ? await startPair({ target: options.pair, ...starting }, signal) : options.pair;
  const clock = new Clock();
  const faultsOver = new AbortController();
  const observer = new Observer(pair.hubs.map(({ name, hubUrl }) => ({ name, url: hubUrl })));
  let playing: Promise<unknown> | undefined;
  try {
    store.rememberHubs(pair.hubs.map(({ hubUrl }) => hubUrl));
    const record = new RunRecord(store);
    const { endedSuddenly } = record;
    const tell = record.tell.bind(record);
    const now = () => clock.nowMs();
    const faults =
      pair.stage &&
      new Faults({
        stage: pair.stage,
        scenarios,
        perHour: settings.chaos,
        times: { holdMs: settings.holdSeconds * 1_000, partitionMs },
        random,
        now,
        tell,
        say,
        signal: AbortSignal.any([signal, faultsOver.signal]),
      });
    tell({ atMs: now(), toMs: null, kind: "start", what: startText(settings.starts) });
    if (!settings.copies) tellOfCopies(options, record, now());
    playing = Promise.all([faults?.run(), faults?.keepAlive()]);
    const ended = AbortSignal.any([signal, failureOf(playing)]);
    const soaking = new Soaking({ ...options, signal: ended, pair, record, observer, faults, clock, endedSuddenly });
    await soaking.run(async () => {
      faultsOver.abort();
      await playing;
    });
    const done = record.totals.observedMs >= askedMsOf(settings);
    if (done && pair.stage === undefined) await removeGroups(pair.hubs);
    writeTexts(store.dir, reportTexts(record.source()));
    return record.verdict();
  } finally {
    faultsOver.abort();
    observer.stop();
    await playing?.catch(() => {});
    await pair.stage?.close();
  }
}

const startText = (starts: number) => (starts === 1 ? "the soak began" : `the soak went on (start ${starts})`);

function tellOfCopies({ store, say }: RunOptions, record: RunRecord, atMs: number): void {
  const what = "the hubs take no orders from here: they keep no copies of the checkpoints";
  say(`${what}; with --dir and --stack of their stacks, they would`);
  if (store.settings.starts === 1) record.tell({ atMs, toMs: null, kind: "problem", what });
}
