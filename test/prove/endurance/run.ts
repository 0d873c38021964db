/** One proof of endurance: one hub under load, its peer copying, and every process of the pair watched meanwhile. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LedgerView } from "../../../hub/http/api.ts";
import { askHub } from "../../../ops/site/ask-hub.ts";
import { ownMetrics } from "../../../ops/soak/hub-look.ts";
import { type Growth, growthsOf, type Patience } from "../../../ops/soak/leaks.ts";
import { Proc } from "../../../ops/soak/proc.ts";
import { type LoadResult, load } from "../../bench/push/load.ts";
import type { Shape } from "../../bench/push/message.ts";
import { type BareMachine, BarePair } from "../../support/bare-pair.ts";
import { steadyPushes } from "../../support/steady-load.ts";
import { settle } from "../loss/settle.ts";
import { verdictOf } from "./verdict.ts";

export interface EnduranceOptions {
  /** Time under load, ms. */
  loadMs: number;
  /** Pushes a second that are asked for. */
  perSecond: number;
  /** Each is sent when it is due; else each connection sends the next one as soon as the last one is answered. */
  isPaced: boolean;
  connections: number;
  shape: Shape;
  /** Between two looks at the processes, ms. */
  everyMs: number;
  patience: Patience;
  /** Empty or new folder for the pair's data. */
  dir: string;
  say(line: string): void;
  signal: AbortSignal;
}

export interface Sample {
  fromMs: number;
  processes: ReturnType<Proc["processes"]>;
}

/** Of the hub under load. */
export interface Driven {
  machine: string;
  answered: number;
  failed: number;
  /** Acknowledged a second in the slowest stretch. */
  slowestPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** What the thread of a load remembers of each answer is let go so often, ms. */
const stretchMs = 60_000;
/** Numbered pushes beside the load, of which the ledgers count what is missing, ms between two. */
const numberedEveryMs = 100;
/**
 * A process leaks that would double within so many times the load: at the top rate that is a byte or two a push, where an object that is kept
 * takes fifty.
 */
const doublesInLoads = 10;
const dayMs = 86_400_000;

export async function endure(options: EnduranceOptions) {
  const { dir, say, everyMs, signal } = options;
  const pair = await BarePair.make(dir);
  try {
    await pair.start();
    const proc = new Proc(dir, [...pair.both.map(({ name }) => name)]);
    const samples: Sample[] = [];
    const looking = setInterval(() => void look(pair, proc, samples), everyMs);
    const numbered = pair.both.map(({ name, hubUrl }) =>
      steadyPushes(hubUrl, `endurance_${name}`, { everyMs: numberedEveryMs, keepAlive: true }),
    );
    const startedMs = performance.now();
    const driven = await drive(pair.machines.mainpc, options, startedMs);
    await Promise.all(numbered.map((client) => client.stop()));
    clearInterval(looking);
    const loadMs = Math.round(performance.now() - startedMs);
    say(`load ended after ${Math.round(loadMs / 1_000)} s; waiting until both machines are equal`);
    const settled = await settle(pair);
    const ledgers = await Promise.all(pair.both.map(({ hubUrl }) => askHub(`${hubUrl}/api/v1/ledger`, LedgerView)));
    return verdictOf({
      loadMs,
      perSecond: options.perSecond,
      interrupted: signal.aborted,
      driven,
      numbered: Object.fromEntries(
        pair.both.map(({ name }, i) => [name, { sent: numbered[i]?.sent ?? 0, answered: numbered[i]?.answered ?? 0 }]),
      ),
      ledgers,
      settled: typeof settled === "string" ? settled : settled.tookMs,
      samples,
      errors: pair.both.flatMap(({ name }) => errorsOf(join(dir, name, "logs/hub.log"))),
      growths: growthsIn(samples, loadMs, options.patience),
      patience: options.patience,
    });
  } finally {
    await pair.stop();
  }
}

/** Of memory; descriptors are few, and have a bar of their own. */
export function growthsIn(samples: readonly Sample[], loadMs: number, patience: Patience): Growth[] {
  const growths = growthsOf(samples, (doublesInLoads * loadMs) / dayMs, patience);
  return growths.filter(({ kind }) => kind !== "fds");
}

async function drive({ name, at }: BareMachine, options: EnduranceOptions, startedMs: number): Promise<Driven> {
  const { connections, shape, perSecond, isPaced, loadMs, signal } = options;
  const total: Driven = { machine: name, answered: 0, failed: 0, slowestPerSecond: Infinity, p50Ms: 0, p99Ms: 0 };
  for (;;) {
    const leftMs = loadMs - (performance.now() - startedMs);
    if (leftMs < 1_000 || signal.aborted) return total;
    const until = { ms: Math.min(leftMs, stretchMs) };
    const send = { connections, send: shape, warmMs: 0, until, ...(isPaced && { perSecond }) };
    add(total, await load({ ...at.hub, ...send }, { signal, onFirstAnswer: () => {} }));
  }
}

/** Percentiles are those of the worst stretch. */
function add(total: Driven, { perSecond, answered, failed, p50Ms, p99Ms }: LoadResult): void {
  total.answered += answered;
  total.failed += failed;
  total.slowestPerSecond = Math.min(total.slowestPerSecond, Math.round(perSecond));
  total.p50Ms = Math.max(total.p50Ms, p50Ms);
  total.p99Ms = Math.max(total.p99Ms, p99Ms);
}

/** What a hub calls an error, though nothing was broken. */
function errorsOf(log: string): string[] {
  return readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line.includes('"level":"error"'));
}

async function look(pair: BarePair, proc: Proc, samples: Sample[]): Promise<void> {
  const fromMs = Date.now();
  const processes = proc.processes(fromMs);
  for (const { name, hubUrl } of pair.both) {
    const hub = processes[`${name}/hub`];
    const own = await ownMetrics({ name, hubUrl });
    if (hub !== undefined && own !== undefined) processes[`${name}/hub`] = { ...hub, heap: own.heap };
  }
  samples.push({ fromMs, processes });
}
