/** One seed from boot to peace: faults for a while, then none, and the pair has to come to rest at home within a stated time. */
import { Checks, holdTheSame, Violation } from "./checks.ts";
import { Faults } from "./faults.ts";
import type { Bugs } from "./hub-node.ts";
import { Pair } from "./pair.ts";
import { services } from "./services.ts";
import { World } from "./world.ts";

export interface RunOptions {
  seed: number;
  bugs?: Bugs;
  trace?: (line: string) => void;
}

export interface RunResult {
  seed: number;
  /** What was violated, and when; undefined when all held. */
  violation?: { atMs: number; message: string };
  virtualMs: number;
  events: number;
  /** From the last fault's end to rest, ms. */
  settledMs?: number;
  counts: Checks["counts"] & { faults: number; falseVerdicts: number };
}

const bootMs = 3_000;
/** Shorter than the defaults, so that a seed sees several failbacks; the order of the times is the same. */
const limits = { failbackAfterMs: 2_000, failbackAtMostMs: 8_000, flapMemoryMs: 20_000, coldStartMs: 4_000 };
/**
 * Both sides must be equal and everything at home so long after the last fault: a link that flapped is believed after 10 s at
 * most, the home must then be well for up to 8 s, a lease of 2 s runs out twice, an alert for what was released in vain waits for
 * two more, and records of a lost disk are copied back meanwhile. Twice that, since a move may begin just before.
 */
export const settleWithinMs = 60_000;

export function run({ seed, bugs, trace }: RunOptions): RunResult {
  const world = new World({ seed, ...(trace && { trace }) });
  const { random } = world;
  const pair = new Pair({ world, hasWitness: random.chance(0.75), limits, ...(bugs && { bugs }) });
  const checks = new Checks(pair);
  const faults = new Faults(pair);
  const result = (extra: Partial<RunResult>): RunResult => ({
    seed,
    virtualMs: world.nowMs,
    events: world.events,
    counts: {
      ...checks.counts,
      faults: Object.values(faults.counts).reduce((sum, count) => sum + count, 0),
      falseVerdicts: checks.falseVerdicts,
    },
    ...extra,
  });
  try {
    pair.boot();
    push(pair, 1 / 300);
    world.runUntil(bootMs);
    // One seed in two hundred has a machine that sleeps for up to an hour, and less that happens meanwhile.
    const sleeps = random.chance(0.005);
    faults.storm(sleeps ? 20_000 : random.pick([500, 1_500, 4_000]));
    if (sleeps) {
      const sleepMs = random.between(300_000, 3_600_000);
      faults.strike("machine hang", sleepMs);
      world.runUntil(world.nowMs + sleepMs);
    }
    world.runUntil(world.nowMs + random.between(4_000, 18_000));
    faults.end();
    const healedMs = world.nowMs;
    const atRest = restAfter(pair, faults);
    if (!world.runUntil(healedMs + settleWithinMs, atRest)) throw new Violation(whyNoRest(pair, faults));
    checks.records();
    return result({ settledMs: world.nowMs - healedMs });
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return result({ violation: { atMs: world.nowMs, message: error.message } });
  }
}

/** Clients of both hubs push now and then, until the world ends. */
export function push(pair: Pair, perMs: number): void {
  const { world } = pair;
  world.after(-Math.log(1 - world.random.next()) / perMs, () => {
    const { hub, machine } = world.random.pick(pair.sides);
    machine.processes.hub.deliver(() => hub?.records.append());
    push(pair, perMs);
  });
}

const looksEvery = 20;

/** Looked at now and then only, since it is much to look at. */
function restAfter(pair: Pair, faults: Faults): () => boolean {
  let steps = 0;
  return () => ++steps % looksEvery === 0 && whyNoRest(pair, faults) === "";
}

/** Empty when both sides are equal, and each service is at home or where an operator put it. */
function whyNoRest(pair: Pair, faults: Faults): string {
  const [a, b] = pair.sides;
  if (a.hub === undefined || b.hub === undefined) return "a hub does not run";
  const [viewsA, viewsB] = [a.hub.seat.views(), b.hub.seat.views()];
  for (const { name, home } of services) {
    const [viewA, viewB] = [viewsA, viewsB].map((views) => views.find((view) => view.name === name));
    if (viewA === undefined || viewB === undefined) return `${name} is not known`;
    if (viewA.epoch !== viewB.epoch || viewA.owner !== viewB.owner)
      return `${name} is in epoch ${viewA.epoch} by ${a.machine.name}, in ${viewB.epoch} by ${b.machine.name}`;
    const reason = viewA.reason || viewB.reason;
    if (viewA.owner !== home && !faults.orderedAway.has(name)) return `${name} is at ${viewA.owner}: ${reason}`;
    if (pair.side(viewA.owner).enforcer.actingEpoch(name) !== viewA.epoch) return `${name} acts nowhere: ${reason}`;
    for (const { enforcer, machine } of pair.sides)
      if (enforcer.word(name)?.route !== viewA.owner) return `the router of ${machine.name} does not carry to ${name}`;
  }
  for (const { hub, machine } of pair.sides) {
    if (hub?.records.isRefilled !== true) return `${machine.name} has not refilled`;
    if (!hub.records.isInSync) return `${machine.name} is not in sync`;
  }
  return holdTheSame(pair) ? "" : "the disks hold different records";
}
