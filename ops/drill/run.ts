/** Plays the chosen faults on a pair in use, each only while the pair is whole, and measures what came of each. */
import { setTimeout as sleep } from "node:timers/promises";
import { monoMs } from "../../hub/io/mono-clock.ts";
import { Observer } from "../chaos/observer.ts";
import { OperatorError } from "../error.ts";
import { askServices } from "../site/ask-services.ts";
import { requirePushes } from "../site/push-token.ts";
import { DrillClient, lostOf } from "./clients.ts";
import type { Played } from "./figures.ts";
import { type DrillScenario, isDetection } from "./scenarios.ts";
import type { DrillSite } from "./site.ts";
import { whyNotWhole } from "./whole.ts";

export interface DrillOptions {
  scenarios: readonly DrillScenario[];
  /** Machines that are hit, by turns. */
  machines: readonly string[];
  /** Times that each is played on each machine. */
  rounds: number;
  /** How long a frozen server stands still, ms. */
  holdMs: number;
  signal: AbortSignal;
  say(line: string): void;
  onPlayed(played: Played): Promise<void> | void;
  /** Told before each fault. */
  announce(what: string): Promise<void>;
}

const detectMs = 15_000;
const wholeMs = 120_000;
/** A pair that has just become whole is left alone for so long before the next fault, ms. */
const quietMs = 3_000;
const pollMs = 50;
const doctorSays = "tandem doctor says what is wrong";

export interface Drilled {
  played: Played[];
  /** Why it ended before its end; undefined when it came there, or was interrupted. */
  why: OperatorError | undefined;
}

/** What was measured is never lost for what then goes wrong. */
export async function runDrill(site: DrillSite, options: DrillOptions): Promise<Drilled> {
  await requireFit(site);
  const observer = new Observer([...site.hubs].map(([name, url]) => ({ name, url })));
  const played: Played[] = [];
  try {
    for (let round = 0; round < options.rounds; round++)
      for (const scenario of options.scenarios)
        for (const machine of options.machines) {
          if (options.signal.aborted) return { played, why: undefined };
          const one = await play(site, scenario, machine, observer, options);
          if (one === undefined) return { played, why: undefined };
          played.push(one);
          await options.onPlayed(one);
          // Whoever goes on without redundancy makes an outage of a drill.
          if (one.recoveryMs === null) return { played, why: undefined };
          await sleep(quietMs, undefined, { signal: options.signal }).catch(() => {});
        }
    return { played, why: undefined };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { played, why: error };
  } finally {
    observer.stop();
  }
}

/** @throws OperatorError when a drill would be an outage, or would measure nothing, since the hubs refuse its pushes */
export async function requireFit(site: Pick<DrillSite, "hubs" | "staysDead">): Promise<void> {
  await requireRedundancy(site);
  await requirePushes(site.hubs.values(), "drill-check");
}

/** @throws OperatorError when one copy is all that there is: a drill would be an outage */
async function requireRedundancy({ hubs, staysDead }: Pick<DrillSite, "hubs" | "staysDead">): Promise<void> {
  const why = staysDead ?? (await whyNotWhole(hubs));
  if (why === undefined) return;
  throw new OperatorError("drill.refused", `redundancy is gone already: ${why}`, `Mend that first; ${doctorSays}`);
}

/** @returns what was measured; undefined of a freeze that was ended before its time, which says nothing */
async function play(
  site: DrillSite,
  scenario: DrillScenario,
  machine: string,
  observer: Observer,
  { holdMs, signal, say, announce }: DrillOptions,
): Promise<Played | undefined> {
  await requireFit(site);
  const what = `${scenario.name} on ${machine}`;
  await announce(what);
  say(`${what}: ${scenario.explains}`);
  const at = new Date().toISOString();
  const before = await ownersOf(site.hubs);
  const own = site.hubs.get(machine) ?? "";
  const urls = [own, ...[...site.hubs.values()].filter((url) => url !== own)];
  const client = new DrillClient(`drill-${scenario.name}-${machine}-${Date.now()}`, urls);
  await sleep(500);
  const fromMs = monoMs();
  const recovery = new AbortController();
  const failover = watchOwners(site.hubs, before, machine, fromMs, recovery.signal);
  let recoveryMs: number | null;
  let detectionMs: number | null;
  let isCut = false;
  try {
    // A fault that is over heals by itself; of a freeze the hold is no part of the recovery.
    let over = Promise.resolve(fromMs);
    const late = [AbortSignal.timeout(detectMs)];
    if (scenario.how === "crash") await site.crash(machine, scenario.parts);
    else {
      const thaw = await site.freeze(machine, scenario.parts, holdMs);
      over = endOfHold(fromMs + holdMs, signal, thaw);
      late.push(signal);
    }
    const turn = await observer.next(fromMs, (one) => isDetection(one, machine, scenario), AbortSignal.any(late));
    detectionMs = turn === undefined ? null : Math.round(turn.atMs - fromMs);
    const overMs = await over;
    isCut = scenario.how === "freeze" && overMs < fromMs + holdMs;
    recoveryMs = await wholeAfter(site.hubs, overMs, signal);
  } finally {
    recovery.abort();
    await client.stop();
  }
  if (isCut && recoveryMs !== null) return undefined;
  if (isCut) throw new OperatorError("drill.left", `${what} was ended, and the pair is not whole again`, doctorSays);
  const lost = (await lostOf(client, [...site.hubs.values()])) ?? null;
  const { acknowledged } = client;
  const outageMs = client.longestOutageMs(fromMs);
  return {
    scenario: scenario.name,
    machine,
    at,
    detectionMs,
    failoverMs: await failover,
    outageMs,
    recoveryMs,
    acknowledged,
    lost,
  };
}

/** Ends the hold when the drill is ended. @returns when the server runs again, shared monotonic ms; before its time only then */
async function endOfHold(endMs: number, signal: AbortSignal, thaw: () => Promise<void>): Promise<number> {
  const left = () => Math.max(0, endMs - monoMs());
  const wholeHold = () => sleep(left()).then(() => endMs);
  // Where it cannot be told to, the machine itself ends the hold.
  const cut = () => thaw().then(monoMs, wholeHold);
  return await sleep(left(), undefined, { signal }).then(() => endMs, cut);
}

/** @returns since then, ms; null when the pair is not whole in time */
async function wholeAfter(
  hubs: ReadonlyMap<string, string>,
  sinceMs: number,
  signal: AbortSignal,
): Promise<number | null> {
  const endMs = sinceMs + wholeMs;
  // Also whoever ends the drill wants to be told how it left the pair.
  for (let last = signal.aborted; ; last = signal.aborted) {
    if ((await whyNotWhole(hubs)) === undefined) return Math.max(0, Math.round(monoMs() - sinceMs));
    if (monoMs() > endMs || (last && monoMs() > sinceMs + wholeMs / 4)) return null;
    await sleep(pollMs);
  }
}

type Owners = ReadonlyMap<string, string>;

async function ownersOf(hubs: ReadonlyMap<string, string>): Promise<Owners> {
  for (const url of hubs.values()) {
    const services = await askServices(url, 1_000);
    if (services !== undefined) return new Map(services.map(({ name, owner }) => [name, owner]));
  }
  return new Map();
}

/** @returns when the last of the services that left the machine had another owner, ms; null when none left it */
async function watchOwners(
  hubs: ReadonlyMap<string, string>,
  before: Owners,
  machine: string,
  fromMs: number,
  signal: AbortSignal,
): Promise<number | null> {
  const others = new Map([...hubs].filter(([name]) => name !== machine));
  const moved = new Map<string, number>();
  while (!signal.aborted) {
    for (const [service, owner] of await ownersOf(others))
      if (before.get(service) === machine && owner !== machine && !moved.has(service))
        moved.set(service, monoMs() - fromMs);
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
  return moved.size === 0 ? null : Math.round(Math.max(...moved.values()));
}
