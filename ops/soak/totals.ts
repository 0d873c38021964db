/** Adds slices up to figures, one at a time, so that a week needs no more than its last slice to be up to date. */
import type { Figures } from "./figures.ts";
import { wholeOutages } from "./outages.ts";
import type { ClientCount, Outage, Slice } from "./slice.ts";
import { Times } from "./times.ts";

interface Machine {
  cpu: number[];
  memory: number | null;
  disk: number | null;
}

interface Process {
  lives: Set<number>;
  cpu: { sum: number; count: number };
  rss: number;
  fds: number | null;
  heap: number | null;
}

export class Totals {
  #fromMs: number | undefined;
  #toMs = 0;
  #observedMs = 0;
  #notObservedMs = 0;
  readonly #streams = new Map<string, { asked: number; failed: number }>();
  readonly #times = new Map<string, Times>();
  readonly #errors = new Map<string, number>();
  #outages: Outage[] = [];
  readonly #hubs = new Map<string, { looks: number; answered: number; inSync: number }>();
  #ledger: Figures["ledger"] = { missing: null, metTwice: null, mostPending: 0 };
  readonly #clients = new Map<string, ClientCount>();
  /** What clients had before this stretch began, so that an hour counts its own. */
  readonly #before: ReadonlyMap<string, ClientCount>;
  readonly #machines = new Map<string, Machine>();
  readonly #processes = new Map<string, Process>();
  #stallMs = 0;

  constructor(before: ReadonlyMap<string, ClientCount> = new Map()) {
    this.#before = before;
  }

  /** As they stood last, to begin the next stretch with. */
  get clients(): ReadonlyMap<string, ClientCount> {
    return new Map([...this.#before, ...this.#clients]);
  }

  get observedMs(): number {
    return this.#observedMs;
  }

  /** From the first slice on, observed or not. */
  get passedMs(): number {
    return this.#observedMs + this.#notObservedMs;
  }

  add(slice: Slice): void {
    // A clock that was set back between two starts takes nothing from what was missed elsewhere.
    const gapMs = this.#fromMs === undefined ? 0 : Math.max(0, slice.fromMs - this.#toMs);
    this.#notObservedMs += gapMs + Math.max(0, slice.toMs - slice.fromMs - slice.observedMs);
    this.#fromMs ??= slice.fromMs;
    this.#toMs = slice.toMs;
    this.#observedMs += slice.observedMs;
    for (const [name, { asked, failed }] of Object.entries(slice.streams)) {
      const known = this.#streams.get(name) ?? { asked: 0, failed: 0 };
      this.#streams.set(name, { asked: known.asked + asked, failed: known.failed + failed });
    }
    for (const [kind, text] of Object.entries(slice.times)) {
      const known = this.#times.get(kind) ?? new Times();
      known.add(Times.decode(text));
      this.#times.set(kind, known);
    }
    for (const [error, count] of Object.entries(slice.errors))
      this.#errors.set(error, (this.#errors.get(error) ?? 0) + count);
    this.#outages = wholeOutages([...this.#outages, ...slice.outages]);
    for (const [name, hub] of Object.entries(slice.hubs)) {
      const known = this.#hubs.get(name) ?? { looks: 0, answered: 0, inSync: 0 };
      this.#hubs.set(name, {
        looks: known.looks + hub.looks,
        answered: known.answered + hub.answered,
        inSync: known.inSync + hub.inSync,
      });
    }
    const { missing, metTwice, pending } = slice.ledger;
    this.#ledger = {
      missing: missing ?? this.#ledger.missing,
      metTwice: metTwice ?? this.#ledger.metTwice,
      mostPending: Math.max(this.#ledger.mostPending, pending ?? 0),
    };
    for (const [name, client] of Object.entries(slice.clients)) this.#addClient(name, client);
    for (const [name, use] of Object.entries(slice.machines)) {
      const known = this.#machines.get(name) ?? { cpu: [], memory: null, disk: null };
      if (use.cpu !== null) known.cpu.push(use.cpu);
      this.#machines.set(name, {
        ...known,
        memory: larger(known.memory, use.memory),
        disk: larger(known.disk, use.disk),
      });
    }
    for (const [name, use] of Object.entries(slice.processes)) this.#addProcess(name, use);
    this.#stallMs = Math.max(this.#stallMs, slice.stallMs);
  }

  figures(): Figures {
    const streams = [...this.#streams];
    const sum = (key: "asked" | "failed") => streams.reduce((total, [, stream]) => total + stream[key], 0);
    const all = new Times();
    for (const times of this.#times.values()) all.add(times);
    return {
      fromMs: this.#fromMs ?? 0,
      toMs: this.#toMs,
      observedMs: this.#observedMs,
      notObservedMs: this.#notObservedMs,
      requests: sum("asked"),
      failed: sum("failed"),
      streams: Object.fromEntries(streams),
      availability: worstOff(streams),
      all: all.view() ?? null,
      times: Object.fromEntries([...this.#times].flatMap(([kind, times]) => viewOf(kind, times))),
      errors: Object.fromEntries([...this.#errors].sort(([, a], [, b]) => b - a)),
      outages: this.#outages.length,
      longestOutage: this.#outages[0] ?? null,
      hubs: Object.fromEntries(
        [...this.#hubs].map(([name, { looks, answered, inSync }]) => [
          name,
          { answered: percentOf(answered, looks), inSync: percentOf(inSync, looks) },
        ]),
      ),
      ledger: this.#ledger,
      pushes: this.#pushes(),
      machines: Object.fromEntries(
        [...this.#machines].map(([name, { cpu, memory, disk }]) => [
          name,
          { cpuMean: meanOf(cpu), cpu95: percentile(cpu, 0.95), memory, disk },
        ]),
      ),
      processes: Object.fromEntries(
        [...this.#processes].map(([name, { lives, cpu, rss, fds, heap }]) => [
          name,
          {
            lives: lives.size,
            cpuMean: cpu.count === 0 ? null : cpu.sum / cpu.count,
            rssMax: rss,
            fdsMax: fds,
            heapMax: heap,
          },
        ]),
      ),
      longestStallMs: this.#stallMs,
    };
  }

  /** Of the whole stretch, longest first. */
  get outages(): readonly Outage[] {
    return this.#outages;
  }

  #addClient(name: string, client: ClientCount): void {
    const known = this.#clients.get(name) ?? this.#before.get(name);
    const duplicates = client.duplicates ?? known?.duplicates ?? null;
    this.#clients.set(name, { ...client, duplicates });
  }

  #addProcess(name: string, { life, cpu, rss, fds, heap }: Slice["processes"][string]): void {
    const known = this.#processes.get(name);
    this.#processes.set(name, {
      lives: (known?.lives ?? new Set()).add(life),
      cpu: { sum: (known?.cpu.sum ?? 0) + (cpu ?? 0), count: (known?.cpu.count ?? 0) + (cpu === null ? 0 : 1) },
      rss: Math.max(known?.rss ?? 0, rss),
      fds: larger(known?.fds ?? null, fds),
      heap: larger(known?.heap ?? null, heap),
    });
  }

  #pushes(): Figures["pushes"] {
    let [acknowledged, storedTwice, unexplained] = [0, 0, 0];
    let lost: number | null = 0;
    for (const [name, client] of this.#clients) {
      const before = this.#before.get(name);
      const duplicates = (client.duplicates ?? 0) - (before?.duplicates ?? 0);
      acknowledged += client.acknowledged - (before?.acknowledged ?? 0);
      storedTwice += Math.max(0, duplicates);
      // Over the whole run: a retry of the last hour may be told of as a duplicate in this one.
      unexplained += Math.max(0, (client.duplicates ?? 0) - explainedOf(client));
      lost = client.lost === null || lost === null ? null : lost + client.lost;
    }
    return { acknowledged, lost, storedTwice, unexplained };
  }
}

function worstOff(streams: readonly [string, { asked: number; failed: number }][]): Figures["availability"] {
  let worst: Figures["availability"] = null;
  for (const [stream, { asked, failed }] of streams) {
    if (asked === 0) continue;
    const percent = percentOf(asked - failed, asked);
    if (worst === null || percent < worst.percent) worst = { percent, stream };
  }
  return worst;
}

function viewOf(kind: string, times: Times) {
  const view = times.view();
  return view === undefined ? [] : [[kind, view] as const];
}

/** Numbers of a client that may be stored twice. */
export const explainedOf = ({ uncertain, unseen }: Pick<ClientCount, "uncertain" | "unseen">): number =>
  uncertain + unseen;

export const percentOf = (part: number, whole: number): number => (whole === 0 ? 100 : (100 * part) / whole);
const larger = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b));
const meanOf = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}
