/** Gathers requests and looks into slices. It is told the time, and touches nothing. */
import type { Sample } from "../chaos/prober/sample.ts";
import type { Clients } from "./clients.ts";
import type { HubWord, Look } from "./look.ts";
import { Outages } from "./outages.ts";
import type { MachineUse, ProcessUse, Slice } from "./slice.ts";
import { Times } from "./times.ts";

/** A request as it came, with the wall clock in `atMs`. */
export type Asked = Sample;

export interface GatherOptions {
  clients: Clients;
  /** The `Tandem-Client` of a stream that numbers its pushes. */
  clientOf(stream: string): string | undefined;
  /** Kind of request, under which a stream's response times are added up. */
  kindOf(stream: string): string;
  /** A request may be given up so long after it was due, ms: until then those after it wait for their turn. */
  horizonMs: number;
}

/** For a look each second: what is more is not observed. */
export const lookEveryMs = 1_000;
/** Kinds of errors that a slice names. */
const mostErrors = 20;

export class Gather {
  readonly #options: GatherOptions;
  readonly #outages = new Outages();
  #waiting: Asked[] = [];
  #slice: Building;

  constructor(options: GatherOptions, nowMs: number) {
    this.#options = options;
    this.#slice = newSlice(nowMs);
  }

  get fromMs(): number {
    return this.#slice.fromMs;
  }

  get observedMs(): number {
    return this.#slice.looks * lookEveryMs;
  }

  /** Whether each request is counted, and each client's pushes are acknowledged and held. */
  get isSettled(): boolean {
    return this.#waiting.length === 0 && this.#options.clients.isSettled;
  }

  /** Streams whose last request failed. */
  get standing(): string[] {
    return this.#outages.standing;
  }

  note(requests: readonly Asked[], nowMs: number): void {
    this.#waiting = [...this.#waiting, ...requests];
    this.#judge(nowMs - this.#options.horizonMs);
  }

  look({ hubs, machines, processes, lateMs }: Look): void {
    const slice = this.#slice;
    slice.looks++;
    slice.stallMs = Math.max(slice.stallMs, lateMs);
    for (const { name, said } of hubs) {
      const hub = entry(slice.hubs, name, () => ({ looks: 0, answered: 0, inSync: 0 }));
      hub.looks++;
      if (said !== undefined) hub.answered++;
      if (said?.inSync) hub.inSync++;
    }
    const words = hubs.flatMap(({ said }) => said ?? []);
    if (words.length === hubs.length && words.every(({ inSync }) => inSync)) this.#compare(words);
    for (const [name, use] of Object.entries(machines)) entry(slice.machines, name, () => []).push(use);
    for (const [name, use] of Object.entries(processes)) entry(slice.processes, name, () => []).push(use);
  }

  /** Ends the slice and begins the next. @param all also the requests that are younger than the horizon: nothing comes after */
  take(nowMs: number, all = false): Slice {
    this.#judge(all ? Number.POSITIVE_INFINITY : nowMs - this.#options.horizonMs);
    const slice = this.#slice;
    this.#slice = newSlice(nowMs);
    const sum = new Times();
    for (const times of slice.times.values()) sum.add(times);
    const { count: _, ...percentiles } = sum.view() ?? { count: 0, p50: 0, p95: 0, p99: 0, max: 0 };
    const errors = [...slice.errors].sort(([, a], [, b]) => b - a).slice(0, mostErrors);
    return {
      fromMs: slice.fromMs,
      toMs: nowMs,
      observedMs: Math.min(nowMs - slice.fromMs, slice.looks * lookEveryMs),
      streams: Object.fromEntries(slice.streams),
      times: Object.fromEntries([...slice.times].map(([kind, times]) => [kind, times.encode()])),
      percentiles: slice.times.size === 0 ? null : percentiles,
      errors: Object.fromEntries(errors),
      outages: this.#outages.take(),
      hubs: Object.fromEntries(slice.hubs),
      ledger: slice.ledger,
      clients: this.#options.clients.take(),
      machines: Object.fromEntries([...slice.machines].map(([name, uses]) => [name, machineUse(uses)])),
      processes: Object.fromEntries([...slice.processes].map(([name, uses]) => [name, processUse(uses)])),
      stallMs: Math.round(slice.stallMs),
    };
  }

  /** Begins the open slice anew after time that nobody saw, as in a sleep of this computer: no outage is as long as that. */
  wake(nowMs: number): void {
    this.#outages.cut();
    this.#slice = newSlice(nowMs);
  }

  /** In the order in which they were due, which is not that of their answers. */
  #judge(untilMs: number): void {
    const due = this.#waiting.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter(({ atMs }) => atMs > untilMs);
    for (const request of due) this.#count(request);
  }

  #count(request: Asked): void {
    const { stream, tookMs, ok, errors, number } = request;
    const { clients, clientOf, kindOf } = this.#options;
    const counts = entry(this.#slice.streams, stream, () => ({ asked: 0, failed: 0 }));
    counts.asked++;
    if (!ok) counts.failed++;
    entry(this.#slice.times, kindOf(stream), () => new Times()).record(tookMs);
    for (const error of errors) this.#slice.errors.set(error, (this.#slice.errors.get(error) ?? 0) + 1);
    this.#outages.note(request);
    const client = clientOf(stream);
    if (client === undefined || number === undefined) return;
    if (ok) clients.acknowledged(client);
    for (const error of errors) if (mayBeStored(error)) clients.uncertain(client);
  }

  #compare(words: readonly HubWord[]): void {
    const { ledger } = this.#slice;
    const most = (key: "missing" | "metTwice" | "pending") => Math.max(...words.map((word) => word[key]));
    ledger.missing = Math.min(ledger.missing ?? Number.POSITIVE_INFINITY, most("missing"));
    ledger.metTwice = most("metTwice");
    ledger.pending = Math.max(ledger.pending ?? 0, most("pending"));
    this.#options.clients.compare(words);
  }
}

/** Neither a connection that was refused nor a full disk leaves anything behind. */
export const mayBeStored = (error: string): boolean => !/ECONNREFUSED|status 507|too many requests wait/.test(error);

interface Building {
  fromMs: number;
  looks: number;
  streams: Map<string, { asked: number; failed: number }>;
  times: Map<string, Times>;
  errors: Map<string, number>;
  hubs: Map<string, { looks: number; answered: number; inSync: number }>;
  ledger: Slice["ledger"];
  machines: Map<string, MachineUse[]>;
  processes: Map<string, ProcessUse[]>;
  stallMs: number;
}

const newSlice = (fromMs: number): Building => ({
  fromMs,
  looks: 0,
  streams: new Map(),
  times: new Map(),
  errors: new Map(),
  hubs: new Map(),
  ledger: { missing: null, metTwice: null, pending: null },
  machines: new Map(),
  processes: new Map(),
  stallMs: 0,
});

function entry<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}

function machineUse(uses: readonly MachineUse[]): MachineUse {
  const of = (key: keyof MachineUse) => uses.flatMap((use) => use[key] ?? []);
  return { cpu: mean(of("cpu")), memory: greatest(of("memory")), disk: greatest(of("disk")) };
}

/** Of the process's last life: what an earlier one used says nothing of this one. */
function processUse(uses: readonly ProcessUse[]): ProcessUse {
  const life = uses.at(-1)?.life ?? 0;
  const of = (key: "cpu" | "rss" | "fds" | "heap") =>
    uses.filter((use) => use.life === life).flatMap((use) => use[key] ?? []);
  return { life, cpu: mean(of("cpu")), rss: mean(of("rss")) ?? 0, fds: mean(of("fds")), heap: mean(of("heap")) };
}

const rounded = (value: number) => Math.round(100 * value) / 100;
const mean = (values: readonly number[]) =>
  values.length === 0 ? null : rounded(values.reduce((sum, value) => sum + value, 0) / values.length);
const greatest = (values: readonly number[]) => (values.length === 0 ? null : rounded(Math.max(...values)));
