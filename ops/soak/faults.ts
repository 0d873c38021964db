/** Plays faults on a pair of its own, so many an hour, each as often as a month brings it beside the others. */
import { setTimeout as pause } from "node:timers/promises";
import { carryOut } from "../chaos/carry-out.ts";
import type { Random } from "../chaos/random.ts";
import type { Scenario, Times } from "../chaos/scenario.ts";
import { sortOut } from "../chaos/show.ts";
import type { Stage } from "../chaos/stage.ts";
import { OperatorError } from "../error.ts";
import type { SoakEvent } from "./slice.ts";

export interface FaultsOptions {
  stage: Stage;
  scenarios: readonly Scenario[];
  perHour: number;
  times: Times;
  random: Random;
  now(): number;
  tell(event: SoakEvent): void;
  say(line: string): void;
  signal: AbortSignal;
}

const hourMs = 3_600_000;
const wellDeadlineMs = 60_000;
const aliveEveryMs = 1_000;

export class Faults {
  readonly #options: FaultsOptions;
  #current: string | undefined;

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /** The one that stands. */
  get current(): string | undefined {
    return this.#current;
  }

  /** Goes on until the signal comes; resolves when the last one is undone. */
  async run(): Promise<void> {
    const { stage, scenarios, perHour, random, say, signal } = this.#options;
    if (perHour === 0) return;
    const { playable, skipped } = await sortOut(scenarios, stage);
    for (const { scenario, why } of skipped) say(`left out: ${scenario} (${why})`);
    if (playable.length === 0) {
      const next = "Name others with --scenario, as tandem chaos --list has them, or leave --chaos out";
      throw new OperatorError("soak.scenario", "none of these faults can be played on this pair", next);
    }
    for (;;) {
      await wait(((0.5 + random.next()) * hourMs) / perHour, signal);
      if (signal.aborted) return;
      await this.#play(pickByRate(playable, random));
    }
  }

  /** What ends without a fault is started again, as a machine's engine does. */
  async keepAlive(): Promise<void> {
    const { stage, signal } = this.#options;
    while (!signal.aborted) {
      await wait(aliveEveryMs, signal);
      if (signal.aborted || this.#current !== undefined) continue;
      for (const { name } of stage.machines)
        for (const child of stage.children(name)) if (child.pid === undefined) child.revive();
    }
  }

  async #play({ name, deed: deedOf }: Scenario): Promise<void> {
    const { stage, times, random, now, tell, say, signal } = this.#options;
    const deed = deedOf(stage, random, times);
    const what = `${name} (${deed.says})`;
    this.#current = what;
    say(what);
    const atMs = now();
    const { problems } = await carryOut(deed, stage, signal);
    this.#current = undefined;
    const trouble = await stage.well(wellDeadlineMs, signal);
    if (trouble !== "" && !signal.aborted)
      problems.push(`not well ${wellDeadlineMs / 1_000} s after it was undone: ${trouble}`);
    tell({ atMs, toMs: now(), kind: "fault", what });
    for (const problem of problems) tell({ atMs: now(), toMs: null, kind: "problem", what: `${name}: ${problem}` });
  }
}

/** Comes when no more faults can be played, or none written down: without them the soak is another one than was asked for. */
export function failureOf(playing: Promise<unknown>): AbortSignal {
  const failed = new AbortController();
  playing.catch((error: unknown) => failed.abort(error));
  return failed.signal;
}

export function pickByRate(scenarios: readonly Scenario[], random: Pick<Random, "next">): Scenario {
  const drawn = random.next() * scenarios.reduce((sum, { perMonth }) => sum + perMonth, 0);
  let reached = 0;
  const picked = scenarios.find(({ perMonth }) => {
    reached += perMonth;
    return drawn < reached;
  });
  if (picked === undefined) throw new RangeError("nothing to pick from");
  return picked;
}

const wait = (ms: number, signal: AbortSignal) => pause(ms, undefined, { signal }).catch(() => {});
