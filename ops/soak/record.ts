/** The run as it is written down: each slice adds to the figures, and each hour ends with a checkpoint. */

import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import { Checkpoint, checkpointName, hashOf, linesOf, signed } from "./checkpoint.ts";
import { judge } from "./judge.ts";
import { type Keeper, keepCheckpoints } from "./keep-checkpoint.ts";
import { type Growth, growthsOf } from "./leaks.ts";
import type { Slice, SoakEvent } from "./slice.ts";
import type { Store } from "./store.ts";
import { Totals } from "./totals.ts";
import type { Verdict } from "./verdict.ts";

export class RunRecord {
  readonly slices: Slice[];
  readonly events: SoakEvent[];
  readonly #store: Store;
  readonly #keeper: Keeper;
  readonly #run = new Totals();
  #hour: Totals;
  /** Lines of both files that checkpoints have vouched for. */
  #vouched = { slices: 0, events: 0 };
  #last: Checkpoint | undefined;
  #growths: Growth[] = [];

  /** Goes on with what the folder holds. */
  constructor(store: Store, hubUrls: readonly string[]) {
    this.#store = store;
    this.#keeper = { run: store.settings.run, target: store.settings.target, hubUrls };
    this.#last = lastOf(store);
    if (this.#last !== undefined) {
      const { slices, events } = this.#last;
      this.#vouched = { slices: slices.after + slices.count, events: events.after + events.count };
    }
    this.slices = store.slices();
    this.events = store.events();
    for (const slice of this.slices.slice(0, this.#vouched.slices)) this.#run.add(slice);
    this.#hour = new Totals(this.#run.clients);
    for (const slice of this.slices.slice(this.#vouched.slices)) this.#count(slice);
    this.#growths = this.#growthsNow();
  }

  get totals(): Totals {
    return this.#run;
  }

  get checkpoints(): number {
    return this.#last?.number ?? 0;
  }

  get growths(): readonly Growth[] {
    return this.#growths;
  }

  tell(event: SoakEvent): void {
    this.events.push(event);
    this.#store.appendEvent(event);
  }

  add(slice: Slice): void {
    this.slices.push(slice);
    this.#store.appendSlice(slice);
    this.#count(slice);
  }

  isCheckpointDue(nowMs: number): boolean {
    const first = this.slices[this.#vouched.slices];
    return first !== undefined && nowMs - first.fromMs >= this.#store.settings.checkpointMinutes * 60_000;
  }

  /** Nothing without a slice since the last one. @returns what went wrong with its copies */
  async checkpoint(): Promise<string> {
    const { settings, privateKey, sliceLines, eventLines } = this.#store;
    const figures = this.#hour.figures();
    if (sliceLines.length === this.#vouched.slices) return "";
    const checkpoint = signed(
      {
        v: 1,
        run: settings.run,
        number: this.checkpoints + 1,
        from: new Date(figures.fromMs).toISOString(),
        to: new Date(figures.toMs).toISOString(),
        publicKey: settings.publicKey,
        previous: this.#last === undefined ? null : hashOf(this.#last),
        slices: linesOf(sliceLines, this.#vouched.slices),
        events: linesOf(eventLines, this.#vouched.events),
        figures,
      },
      privateKey,
    );
    this.#store.writeCheckpoint(checkpoint);
    this.#last = checkpoint;
    this.#vouched = { slices: sliceLines.length, events: eventLines.length };
    this.#hour = new Totals(this.#run.clients);
    this.#growths = this.#growthsNow();
    try {
      await keepCheckpoints(this.#keeper, this.#store.checkpoints());
      return "";
    } catch (error) {
      return `checkpoint ${checkpointName(checkpoint.number)} could not be kept at the hubs and is tried again with the next: ${messageOf(error)}`;
    }
  }

  verdict(): Verdict {
    const { bars, hours } = this.#store.settings;
    const { slices, events, growths } = this;
    const figures = this.#run.figures();
    return judge({ figures, slices, events, growths, outages: this.#run.outages, bars, askedMs: hours * 3_600_000 });
  }

  #count(slice: Slice): void {
    this.#run.add(slice);
    this.#hour.add(slice);
  }

  #growthsNow(): Growth[] {
    return growthsOf(this.slices, this.#store.settings.bars.doubling);
  }
}

function lastOf(store: Store): Checkpoint | undefined {
  const [name, found] = [...store.checkpoints()].at(-1) ?? [];
  if (name === undefined) return undefined;
  const parsed = Checkpoint.safeParse(found);
  if (parsed.success) return parsed.data;
  const next = `tandem soak verify ${store.dir} says what was edited; a new soak needs another folder (--out)`;
  throw new OperatorError("soak.edited", `checkpoint ${name} of ${store.dir} is not as it was written`, next);
}
