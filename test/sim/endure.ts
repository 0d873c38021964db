/**
 * Hours of virtual time with faults as rare as the plan expects them, and clients who ask for the services at random instants
 * meanwhile: what part of them was answered in time.
 *
 * Rates: the plan asks for 99.9 % with agents that crash, a hub and a NATS that crash, a partition of 60 s, a machine that reboots.
 * It names no rates, so these are on the bad side of what two machines at home see: a crash a day of each kind of process on the
 * pair (a hub every 12 h), a reboot every 72 h, a partition a day, a disk lost once a week. All are as likely on both machines.
 */
import { Checks, Violation } from "./checks.ts";
import type { FaultName } from "./fault-kinds.ts";
import { Faults } from "./faults.ts";
import { Pair } from "./pair.ts";
import { push } from "./run.ts";
import { services } from "./services.ts";
import { World } from "./world.ts";

const hourMs = 3_600_000;
/** Kind, how often on the pair, for how long. */
const rates: readonly [FaultName, everyMs: number, lengthMs: number][] = [
  ["hub crash", 12 * hourMs, 5_000],
  ["hub hang", 24 * hourMs, 30_000],
  ["NATS crash", 24 * hourMs, 5_000],
  ["Pushgateway crash", 24 * hourMs, 5_000],
  ["router crash", 48 * hourMs, 1_000],
  ["agent crash", 6 * hourMs, 10_000],
  ["agent hang", 24 * hourMs, 60_000],
  ["machine reboot", 72 * hourMs, 90_000],
  ["machine hang", 72 * hourMs, 60_000],
  ["disk lost", 168 * hourMs, 600_000],
  ["disk full", 72 * hourMs, 60_000],
  ["partition", 24 * hourMs, 60_000],
  ["one-way partition", 48 * hourMs, 60_000],
  ["isolation", 48 * hourMs, 60_000],
  ["bad link", 12 * hourMs, 60_000],
  ["link flaps", 48 * hourMs, 20_000],
  ["leaf cut", 24 * hourMs, 30_000],
  ["witness down", 48 * hourMs, 60_000],
  ["clock jump", 24 * hourMs, 1_000],
];

/** A client gives up then, and counts it as an outage. */
const clientDeadlineMs = 2_000;
const asksAgainMs = 50;
/** Between two requests of a client for a service, ms, on average. */
const requestEveryMs = 1_000;

export interface EndureResult {
  seed: number;
  hours: number;
  faults: Partial<Record<FaultName, number>>;
  moves: number;
  requests: number;
  failed: number;
  byService: Record<string, { requests: number; failed: number }>;
  availability: number;
  bar: number;
  /** Virtual hours from the beginning of each fault to its end and 30 s more, and what clients saw within: quiet time left out. */
  windows: { hours: number; requests: number; failed: number };
  falseVerdicts: number;
  violation?: { atMs: number; message: string };
}

const afterFaultMs = 30_000;

export function endure(options: {
  seed: number;
  hours: number;
  say: (line: string) => void;
  trace?: (line: string) => void;
}): EndureResult {
  const { seed, hours, say, trace } = options;
  const world = new World({ seed, ...(trace && { trace }) });
  const pair = new Pair({ world, hasWitness: true });
  const checks = new Checks(pair);
  const faults = new Faults(pair);
  const clients = new Clients(pair, faults);
  pair.boot();
  world.runUntil(30_000);
  push(pair, 1 / 5_000);
  clients.begin();
  for (const [name, everyMs, lengthMs] of rates) faults.recur(name, everyMs, lengthMs);
  let violation: EndureResult["violation"];
  try {
    for (let hour = 1; hour <= hours; hour++) {
      world.runUntil(30_000 + hour * hourMs);
      if (hour % 12 === 0)
        say(`${hour} of ${hours} virtual hours, ${clients.failed} of ${clients.requests} requests failed`);
    }
    world.runUntil(30_000 + hours * hourMs);
    faults.end();
    checks.records();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = { atMs: world.nowMs, message: error.message };
  }
  return {
    seed,
    hours,
    faults: faults.counts,
    moves: checks.counts.moves,
    requests: clients.requests,
    failed: clients.failed,
    byService: clients.byService,
    availability: 1 - clients.failed / clients.requests,
    bar: 0.999,
    windows: clients.windows,
    falseVerdicts: checks.falseVerdicts,
    ...(violation && { violation }),
  };
}

/** Each asks the router of the machine that it lives on, and the other one when that does not answer. */
class Clients {
  readonly #pair: Pair;
  readonly #faults: Faults;
  readonly byService: Record<string, { requests: number; failed: number }> = {};
  readonly windows = { hours: 0, requests: 0, failed: 0 };
  #troubledMs = 0;
  #lookedAtMs = 0;

  constructor(pair: Pair, faults: Faults) {
    this.#pair = pair;
    this.#faults = faults;
  }

  get requests(): number {
    return Object.values(this.byService).reduce((sum, { requests }) => sum + requests, 0);
  }

  get failed(): number {
    return Object.values(this.byService).reduce((sum, { failed }) => sum + failed, 0);
  }

  begin(): void {
    this.#lookedAtMs = this.#pair.world.nowMs;
    for (const { name } of services) {
      this.byService[name] = { requests: 0, failed: 0 };
      this.#next(name);
    }
  }

  #next(service: string): void {
    const { world } = this.#pair;
    world.after(-Math.log(1 - world.random.next()) * requestEveryMs, () => {
      this.#request(service);
      this.#next(service);
    });
  }

  #request(service: string): void {
    const { world } = this.#pair;
    const inWindow = this.#isTroubled();
    const count = this.byService[service];
    if (count === undefined) return;
    count.requests++;
    if (inWindow) this.windows.requests++;
    const untilMs = world.nowMs + clientDeadlineMs;
    const ask = () => {
      if (this.#isAnswered(service)) return;
      if (world.nowMs < untilMs) return world.after(asksAgainMs, ask);
      count.failed++;
      if (inWindow) this.windows.failed++;
    };
    ask();
  }

  #isTroubled(): boolean {
    const { nowMs } = this.#pair.world;
    const isTroubled = nowMs - this.#faults.troubledAtMs(nowMs) < afterFaultMs;
    if (isTroubled) this.#troubledMs += nowMs - this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    this.windows.hours = this.#troubledMs / hourMs;
    return isTroubled;
  }

  /** A router carries only to an instance that it can reach and that acts; one that acts twice would be a violation. */
  #isAnswered(service: string): boolean {
    const { sides, network } = this.#pair;
    return sides.some(({ machine, enforcer }) => {
      if (!machine.isUp || machine.isStopped) return false;
      const to = enforcer.word(service)?.route;
      if (to === undefined || to === null) return false;
      const target = this.#pair.side(to);
      const [there, back] = [network.wire(machine.name, to), network.wire(to, machine.name)];
      const isReached = target.machine === machine || !(there.isCut || back.isCut);
      const isWell = target.enforcer.agent(service) === "well";
      return isReached && isWell && target.enforcer.actingEpoch(service) !== undefined;
    });
  }
}

export function toText(result: EndureResult): string {
  const {
    seed,
    hours,
    requests,
    failed,
    availability,
    bar,
    windows,
    faults,
    moves,
    byService,
    violation,
    falseVerdicts,
  } = result;
  const percent = (part: number) => `${(part * 100).toFixed(4)} %`;
  return [
    `${hours} virtual hours, seed ${seed}: ${violation === undefined ? "all held" : `violated: ${violation.message}`}`,
    `faults: ${Object.entries(faults)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")}`,
    `moves ${moves}, verdicts dead about a living hub that was cut off ${falseVerdicts}`,
    `requests ${requests}, without an answer within ${clientDeadlineMs / 1_000} s ${failed}: availability ${percent(availability)} (bar ${percent(bar)})`,
    ...Object.entries(byService).map(
      ([name, count]) =>
        `  ${name}: ${count.requests} requests, ${count.failed} failed, ${percent(1 - count.failed / count.requests)}`,
    ),
    `within the windows from each fault's beginning to ${afterFaultMs / 1_000} s after its end, ${windows.hours.toFixed(2)} h together:`,
    `  ${windows.requests} requests, ${windows.failed} failed, ${percent(1 - windows.failed / Math.max(1, windows.requests))}`,
    `  outside of them: ${requests - windows.requests} requests, ${failed - windows.failed} failed`,
  ].join("\n");
}
