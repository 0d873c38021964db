/** A process: its events wait while it is stopped, its timers fire late then, and nothing of it outlives it. */
import type { MachineClock } from "./clock.ts";
import type { World } from "./world.ts";

/** What the kernel keeps for a process that does not read; more is dropped, as of a full socket. */
const keptEvents = 2_000;

export class SimProcess {
  readonly #world: World;
  readonly #clock: MachineClock;
  readonly name: string;
  #state: "running" | "stopped" | "dead" = "dead";
  /** Grows with each start: events of an earlier life find nobody. */
  #life = 0;
  #waiting: (() => void)[] = [];
  /** Timers that came due while it was stopped: each fires once. */
  #late = new Set<() => void>();

  constructor(world: World, clock: MachineClock, name: string) {
    this.#world = world;
    this.#clock = clock;
    this.name = name;
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  /** Of its present or last life; another number with each start and each death. */
  get life(): number {
    return this.#life;
  }

  /** Longest queue that it may have: a bound that is checked. */
  get waiting(): number {
    return this.#waiting.length;
  }

  start(): void {
    this.#life++;
    this.#state = "running";
    this.#waiting = [];
    this.#late = new Set();
  }

  kill(): void {
    this.#life++;
    this.#state = "dead";
    this.#waiting = [];
    this.#late.clear();
  }

  /** SIGSTOP. */
  stop(): void {
    if (this.#state === "running") this.#state = "stopped";
  }

  /** SIGCONT: what waited happens now, timers first or last as the loop happens to be. */
  resume(): void {
    if (this.#state !== "stopped") return;
    this.#state = "running";
    const life = this.#life;
    const waiting = this.#waiting;
    const late = [...this.#late];
    this.#waiting = [];
    this.#late.clear();
    const inOrder = this.#world.random.chance(0.5) ? [...late, ...waiting] : [...waiting, ...late];
    for (const run of inOrder) if (life === this.#life) this.deliver(run);
  }

  /** Something from outside: it happens now, later when stopped, never when dead. */
  deliver(run: () => void): void {
    if (this.#state === "running") run();
    else if (this.#state === "stopped" && this.#waiting.length < keptEvents) this.#waiting.push(run);
  }

  /** Of the life in which this is called: what is then called with an answer finds that life or nobody. */
  bound<T extends unknown[]>(run: (...values: T) => void): (...values: T) => void {
    const life = this.#life;
    return (...values) => {
      if (life === this.#life) this.deliver(() => run(...values));
    };
  }

  after(localMs: number, run: () => void): void {
    this.#timer(localMs, this.#life, run);
  }

  /** Until its death; the first time somewhere within the first interval. */
  every(localMs: number, run: () => void): void {
    const life = this.#life;
    const again = () => {
      this.#timer(localMs, life, again);
      run();
    };
    this.#timer(this.#world.random.next() * localMs, life, again);
  }

  #timer(localMs: number, life: number, run: () => void): void {
    this.#world.after(this.#clock.trueMs(localMs), () => {
      if (life !== this.#life) return;
      if (this.#state === "stopped") this.#late.add(run);
      else run();
    });
  }
}
