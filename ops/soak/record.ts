/** The run as it is written down: each slice adds to the figures, and each hour ends with a checkpoint. */
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import { Checkpoint, checkpointName, hashOf, linesOf, settingsHash, signed } from "./checkpoint.ts";
import { keepCopy } from "./copies.ts";
import { judge } from "./judge.ts";
import { type Growth, growthsOf } from "./leaks.ts";
import type { ReportSource } from "./report/content.ts";
import { askedMsOf, runVersion } from "./settings.ts";
import type { Slice, SoakEvent } from "./slice.ts";
import type { Store } from "./store.ts";
import { Totals } from "./totals.ts";
import type { Verdict } from "./verdict.ts";

export class RunRecord {
  readonly slices: Slice[];
  readonly events: SoakEvent[];
  readonly #store: Store;
  readonly #run = new Totals();
  #hour: Totals;
  /** Lines of both files that checkpoints have vouched for. */
  #vouched = { slices: 0, events: 0 };
  /** Of all checkpoints. */
  readonly #hashes: string[] = [];
  #growths: Growth[] = [];

  /** Goes on with what the folder holds. */
  constructor(store: Store) {
    this.#store = store;
    for (const checkpoint of chainOf(store)) {
      const { slices, events } = checkpoint;
      this.#vouched = { slices: slices.after + slices.count, events: events.after + events.count };
      this.#hashes.push(hashOf(checkpoint));
    }
    this.slices = [...store.earlier.slices];
    this.events = [...store.earlier.events];
    for (const slice of this.slices.slice(0, this.#vouched.slices)) this.#run.add(slice);
    this.#hour = new Totals(this.#run.clients);
    for (const slice of this.slices.slice(this.#vouched.slices)) this.#count(slice);
    this.#growths = this.#growthsNow();
  }

  get totals(): Totals {
    return this.#run;
  }

  get checkpoints(): number {
    return this.#hashes.length;
  }

  get growths(): readonly Growth[] {
    return this.#growths;
  }

  /** Whether the last start ended without a word, and with it the slice that was open. */
  get endedSuddenly(): boolean {
    return this.events.findLast(({ kind }) => kind === "start" || kind === "stop")?.kind === "start";
  }

  get isCheckpointDue(): boolean {
    return this.#hour.passedMs >= this.#store.settings.checkpointMinutes * 60_000;
  }

  tell(event: SoakEvent): void {
    this.#store.appendEvent(event);
    this.events.push(event);
  }

  add(slice: Slice): void {
    this.#store.appendSlice(slice);
    this.slices.push(slice);
    this.#count(slice);
  }

  /** Nothing without a slice since the last one. */
  checkpoint(): void {
    const { settings, privateKey, sliceLines, eventLines } = this.#store;
    const figures = this.#hour.figures();
    if (sliceLines.length === this.#vouched.slices) return;
    const checkpoint = signed(
      {
        v: runVersion,
        run: settings.run,
        number: this.checkpoints + 1,
        from: new Date(figures.fromMs).toISOString(),
        to: new Date(figures.toMs).toISOString(),
        publicKey: settings.publicKey,
        settings: settingsHash(settings),
        previous: this.#hashes.at(-1) ?? null,
        slices: linesOf(sliceLines, this.#vouched.slices),
        events: linesOf(eventLines, this.#vouched.events),
        figures,
      },
      privateKey,
    );
    this.#store.writeCheckpoint(checkpoint);
    this.#hashes.push(hashOf(checkpoint));
    this.#vouched = { slices: sliceLines.length, events: eventLines.length };
    this.#hour = new Totals(this.#run.clients);
    this.#growths = this.#growthsNow();
  }

  /** Has the hubs keep a copy. @returns what went wrong */
  async keepCopy(): Promise<string> {
    const { settings } = this.#store;
    if (!settings.copies || this.checkpoints === 0) return "";
    try {
      await keepCopy(settings, this.#hashes);
      return "";
    } catch (error) {
      return `no copy of checkpoint ${checkpointName(this.checkpoints)} is kept at the hubs before the next one: ${messageOf(error)}`;
    }
  }

  verdict(): Verdict {
    const { settings } = this.#store;
    const { slices, events, growths } = this;
    const { outages } = this.#run;
    const figures = this.#run.figures();
    const { bars } = settings;
    return judge({ figures, slices, events, growths, outages, bars, askedMs: askedMsOf(settings) });
  }

  /** What its reports are made of. */
  source(): ReportSource {
    const { slices, events, growths, checkpoints } = this;
    const { settings } = this.#store;
    const figures = this.#run.figures();
    return { settings, figures, verdict: this.verdict(), growths, slices, events, checkpoints };
  }

  #count(slice: Slice): void {
    this.#run.add(slice);
    this.#hour.add(slice);
  }

  #growthsNow(): Growth[] {
    return growthsOf(this.slices, this.#store.settings.bars.doubling);
  }
}

/** @throws OperatorError: nothing may follow a chain that was edited */
function chainOf(store: Store): Checkpoint[] {
  return [...store.checkpoints()].map(([name, found], i) => {
    const parsed = Checkpoint.safeParse(found);
    if (parsed.success && name === checkpointName(i + 1)) return parsed.data;
    const next = `tandem soak verify ${store.dir} says what was edited; a new soak needs another folder (--out)`;
    throw new OperatorError("soak.edited", `checkpoint ${name} of ${store.dir} is not as it was written`, next);
  });
}
