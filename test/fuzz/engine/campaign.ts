/** Fuzzes one target: inputs in batches, and what ran blocks that nothing ran before is kept to be changed further. */
import { seededRandom } from "../../../ops/chaos/random.ts";
import { BlockMap } from "./block-map.ts";
import type { Coverage } from "./coverage.ts";
import { distil } from "./distil.ts";
import { cpuSince, type Examined, examine, type Failure } from "./examine.ts";
import { growthOf, randomStretch, type Stretch, stretched } from "./growth.ts";
import { Mutator } from "./mutator.ts";
import { shrink } from "./shrink.ts";
import type { Subject, Target } from "./target.ts";

export interface CampaignOptions {
  seed: number;
  /** New ones; whichever of the two comes first ends it. What is known already is run whole before. */
  maxInputs: number;
  maxMs: number;
  corpus: readonly Buffer[];
  stretches: readonly Stretch[];
  /** Told before each run, so that an input that never ends is known. */
  running(input: Buffer): void;
  progress(figures: Figures): void;
  stopped(): boolean;
}

export interface Figures {
  inputs: number;
  ms: number;
  blocks: number;
  knownBlocks: number;
  pool: number;
  refused: number;
  longestCpuMs: number;
}

export interface Found {
  failure: Failure;
  input: Buffer;
  /** Of a growth: which of its bytes are repeated. */
  stretch?: { from: number; to: number };
}

/** Of the thread's processor time: to ask for what ran costs some ms. */
const batchCpuMs = 100;
const mostInBatch = 1_000;
/** Of all processor time; long inputs could take the whole of it. */
const growthPart = 0.15;
const progressEveryMs = 1_000;

export class Campaign {
  readonly #target: Target;
  readonly #subject: Subject;
  readonly #coverage: Coverage;
  readonly #options: CampaignOptions;
  readonly #blocks = new BlockMap();
  readonly #pool: Buffer[] = [];
  readonly #startedMs = performance.now();
  #figures = { inputs: 0, refused: 0, longestCpuMs: 0 };
  #found: Found | undefined;
  #saidMs = 0;
  #growthCpuMs = 0;
  /** Undefined while what is known is run. */
  #changing: { sinceMs: number; sinceInputs: number } | undefined;

  constructor(target: Target, subject: Subject, coverage: Coverage, options: CampaignOptions) {
    this.#target = target;
    this.#subject = subject;
    this.#coverage = coverage;
    this.#options = options;
  }

  get figures(): Figures {
    const { covered: blocks, known: knownBlocks } = this.#blocks;
    const ms = performance.now() - this.#startedMs;
    return { ...this.#figures, ms, blocks, knownBlocks, pool: this.#pool.length };
  }

  /** What fails first; undefined when nothing does. */
  async run(): Promise<Found | undefined> {
    await this.#replay();
    const random = seededRandom(this.#options.seed);
    const mutator = new Mutator(this.#target, random);
    this.#changing = { sinceMs: performance.now(), sinceInputs: this.#figures.inputs };
    const begun = process.threadCpuUsage();
    while (!this.#isOver()) {
      await this.#batch(mutator);
      if (this.#growthCpuMs < growthPart * cpuSince(begun))
        await this.#grow(randomStretch(random.pick(this.#pool), random));
      this.#say();
    }
    return this.#found;
  }

  /** Fewer inputs that run the same. */
  distilled(): Promise<Buffer[]> {
    return distil(this.#subject, this.#pool, this.#coverage, this.#blocks);
  }

  /** What is known, first of all: each once, and the blocks that it runs. */
  async #replay(): Promise<void> {
    const { corpus, stretches } = this.#options;
    this.#coverage.take();
    for (const input of [...corpus, ...this.#target.seeds().map((seed) => Buffer.from(seed))]) {
      await this.#one(input);
      const report = this.#coverage.take();
      if (this.#blocks.isNews(report) || this.#pool.length === 0) this.#pool.push(input);
      this.#blocks.absorb(report);
      if (this.#isOver()) return;
    }
    for (const stretch of stretches) await this.#grow(stretch);
  }

  async #batch(mutator: Mutator): Promise<void> {
    const inputs: Buffer[] = [];
    const begun = process.threadCpuUsage();
    while (inputs.length < mostInBatch && cpuSince(begun) < batchCpuMs && !this.#isOver()) {
      const input = mutator.next(this.#pool);
      inputs.push(input);
      if (!(await this.#one(input))) break;
    }
    const report = this.#coverage.take();
    if (this.#blocks.isNews(report)) await this.#sift(inputs);
    this.#blocks.absorb(report);
  }

  /** Which of them brought the news; to ask after each run would cost more than the runs. */
  async #sift(inputs: readonly Buffer[]): Promise<void> {
    if (inputs.length === 0 || this.#found !== undefined) return;
    for (const input of inputs) await this.#one(input, false);
    const report = this.#coverage.take();
    if (!this.#blocks.isNews(report)) return;
    const [first] = inputs;
    if (inputs.length === 1 && first !== undefined) {
      this.#pool.push(Buffer.from(first));
      this.#blocks.absorb(report);
      return;
    }
    const middle = inputs.length >> 1;
    await this.#sift(inputs.slice(0, middle));
    await this.#sift(inputs.slice(middle));
  }

  /** @returns whether it went well */
  async #one(input: Buffer, counts = true): Promise<boolean> {
    this.#options.running(input);
    const examined: Examined = await examine(this.#subject, input);
    if (counts) this.#figures.inputs++;
    if (!examined.ok) {
      this.#found ??= { failure: examined.failure, input: await shrink(this.#subject, input, examined.failure) };
      return false;
    }
    if (examined.outcome === "refused" && counts) this.#figures.refused++;
    this.#figures.longestCpuMs = Math.max(this.#figures.longestCpuMs, examined.cpuMs);
    return true;
  }

  async #grow(stretch: Stretch): Promise<void> {
    const { stretchBytes = 262_144 } = this.#target;
    if (stretchBytes === 0 || this.#isOver()) return;
    this.#options.running(stretch.input);
    const begun = process.threadCpuUsage();
    try {
      const failure = await growthOf(this.#subject, stretch, stretchBytes, () => this.#options.running(stretch.input));
      const { from, to, input } = stretch;
      if (failure !== undefined) this.#found ??= { failure, input, stretch: { from, to } };
    } catch {
      // It fails when it is long: that is one input like others, which is then found as such.
      for (let bytes = 16_384; bytes <= stretchBytes; bytes *= 2)
        if (!(await this.#one(stretched(stretch, bytes)))) return;
    } finally {
      this.#growthCpuMs += cpuSince(begun);
    }
  }

  #isOver(): boolean {
    const { maxInputs, maxMs, stopped } = this.#options;
    const { sinceMs, sinceInputs } = this.#changing ?? {
      sinceMs: performance.now(),
      sinceInputs: this.#figures.inputs,
    };
    const isDone =
      this.#changing !== undefined &&
      (this.#figures.inputs - sinceInputs >= maxInputs || performance.now() - sinceMs >= maxMs);
    return this.#found !== undefined || isDone || stopped();
  }

  #say(): void {
    const nowMs = performance.now();
    if (nowMs - this.#saidMs < progressEveryMs) return;
    this.#saidMs = nowMs;
    this.#options.progress(this.figures);
  }
}
