/** The hub's hold on its judge: makes the thread ready, has it start, keeps what it last said, and gives it the main loop's pulse. */
import { Worker } from "node:worker_threads";
import type { HubConfig } from "../config.ts";
import type { Judgement, MachineState } from "../core/verdict.ts";
import { monoMs } from "../io/mono-clock.ts";
import type { KnownKeys } from "../io/peer-seals.ts";
import { type BeatPath, Board } from "./board.ts";
import { unheardMachine } from "./machine-watch.ts";
import { type FromJudge, type JudgeOrders, judgeThread, type ToJudge } from "./messages.ts";

export interface JudgeOptions {
  config: HubConfig;
  /** Of the hub; new at each start. */
  incarnation: string;
  /** Longest recent stall of the main loop, ms. */
  lagMs(): number;
  /** Monotonic ms of the main thread. */
  clock(): number;
  /** A verdict of a machine or of one of its parts changed. */
  onChange(machine: string, state: MachineState, before: MachineState): void;
  /** By which beats are sealed: at first, and whenever they change. */
  onKeys(keys: KnownKeys): void;
  /** So many messages came that had not the peer's seal. */
  onRefused(messages: number): void;
  /** The thread ended although nobody stopped it. */
  onBroken(error: Error): void;
}

declare const TANDEM_VERSION: string | undefined;

const pulseMs = 50;
const stopDeadlineMs = 2_000;
/** Its heap holds a few messages; as small a young generation as the hub's own. */
const resourceLimits = { maxYoungGenerationSizeMb: 4 };

export class Judge {
  readonly #options: JudgeOptions;
  readonly #board = new Board();
  readonly #worker: Worker;
  readonly #states = new Map<string, MachineState>();
  readonly #pulse: NodeJS.Timeout;
  readonly #listeners = new Set<(message: unknown) => void>();
  readonly #ended: Promise<void>;
  #listening: { resolve(): void; reject(error: Error): void } | undefined;
  #onLeft: () => void = () => {};
  #error: Error | undefined;
  #cutOff = false;
  #suppressedLines = 0;
  #started = false;
  /** Said before the start. */
  readonly #held: ToJudge[] = [];
  #stopping = false;

  constructor(options: JudgeOptions) {
    this.#options = options;
    const { config, incarnation, clock, lagMs } = options;
    for (const { name } of [config.machine, config.peer]) this.#states.set(name, unheardMachine(clock()));
    const workerData: JudgeOrders = { thread: judgeThread, config, incarnation, board: this.#board.buffer };
    this.#worker = new Worker(program(), { name: "judge", workerData, resourceLimits });
    this.#worker.on("message", (message: FromJudge) => this.#take(message));
    this.#worker.on("error", (error) => {
      this.#error = error instanceof Error ? error : new Error(String(error));
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        resolve();
        this.#onEnd();
      });
    });
    this.#pulse = setInterval(() => this.#board.pulse(lagMs()), pulseMs);
  }

  /** Hears beats, makes nothing of them, and sends none; rejects when their port cannot be had. For one that is to follow another soon. */
  prepare(): Promise<void> {
    return this.#ask({ type: "prepare" });
  }

  /**
   * Resolves when beats can be heard; rejects when their port cannot be had. Nothing is judged or sent before.
   *
   * @param succeeds whether this hub took over from one of the same machine that acted until then
   */
  start(succeeds = false): Promise<void> {
    const started = this.#ask({ type: "start", succeeds });
    for (const message of this.#held.splice(0)) this.#worker.postMessage(message);
    this.#started = true;
    return started;
  }

  state(machine: string): MachineState {
    const state = this.#states.get(machine);
    if (state === undefined) throw new Error(`no machine ${machine}`);
    return state;
  }

  /** Whether there are reference addresses and none of them answers. */
  get isCutOff(): boolean {
    return this.#cutOff;
  }

  /** That its thread's log left out, since the thread started. */
  get suppressedLines(): number {
    return this.#suppressedLines;
  }

  /** Age of the last genuine beat by this path, ms; null before the first. */
  heardAgoMs(path: BeatPath): number | null {
    const heardAtMs = this.#board.heardAtMs(path);
    return heardAtMs === undefined ? null : Math.max(0, monoMs() - heardAtMs);
  }

  /** The same by whichever path it came last; undefined before the first. */
  heardAtAllAgoMs(): number | undefined {
    const ages = (["udp", "tcp", "nats"] as const).map((path) => this.heardAgoMs(path)).filter((age) => age !== null);
    return ages.length === 0 ? undefined : Math.min(...ages);
  }

  /** To what sits beside the detector. */
  tell(message: unknown): void {
    this.#send({ type: "listener", message });
  }

  /** What sits beside the detector says. */
  onListenerMessage(tell: (message: unknown) => void): void {
    this.#listeners.add(tell);
  }

  renewSeed(): void {
    this.#send({ type: "renew-seed" });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#pulse);
    this.#send({ type: "stop" });
    const hurry = setTimeout(() => void this.#worker.terminate(), stopDeadlineMs);
    await this.#ended;
    clearTimeout(hurry);
  }

  /**
   * Resolves when nothing is judged or sent any more. The ports stay as they are a moment longer, silent: where they closed, the
   * peer's kernel would hear of it, and the peer would take the hub for dead before its successor speaks.
   */
  async leave(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#pulse);
    const left = new Promise<void>((resolve) => {
      this.#onLeft = resolve;
    });
    this.#send({ type: "leave" });
    await Promise.race([left, this.#ended]);
  }

  #ask(message: Extract<ToJudge, { type: "prepare" | "start" }>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#listening = { resolve, reject };
      this.#worker.postMessage(message);
    });
  }

  #send(message: ToJudge): void {
    if (this.#started || message.type === "stop") this.#worker.postMessage(message);
    else this.#held.push(message);
  }

  #take(message: FromJudge): void {
    switch (message.type) {
      case "prepared":
      case "listening":
        this.#listening?.resolve();
        break;
      case "unable":
        this.#stopping = true;
        this.#listening?.reject(new Error(`the judge cannot hear the peer: ${message.reason}`));
        break;
      case "keys":
        this.#options.onKeys(message);
        break;
      case "refused":
        this.#options.onRefused(message.messages);
        break;
      case "suppressed":
        this.#suppressedLines += message.lines;
        break;
      case "judged":
        this.#judged(message.machine, inOwnTime(message.state, this.#options.clock() - monoMs()));
        break;
      case "cut-off":
        this.#cutOff = message.cutOff;
        break;
      case "left":
        this.#onLeft();
        break;
      case "listener":
        for (const tell of this.#listeners) tell(message.message);
    }
  }

  #judged(machine: string, state: MachineState): void {
    const before = this.state(machine);
    this.#states.set(machine, state);
    this.#options.onChange(machine, state, before);
  }

  #onEnd(): void {
    if (this.#stopping) return;
    clearInterval(this.#pulse);
    const error = this.#error ?? new Error("the judge's thread ended");
    this.#listening?.reject(error);
    this.#options.onBroken(error);
  }
}

/** The bundle is one file; from the source each module is one. */
function program(): URL {
  return typeof TANDEM_VERSION === "string" ? new URL(import.meta.url) : new URL("./thread.ts", import.meta.url);
}

function inOwnTime({ judgement, parts }: MachineState, offsetMs: number): MachineState {
  const shift = (judged: Judgement) => ({ ...judged, sinceMs: judged.sinceMs + offsetMs });
  return {
    judgement: shift(judgement),
    parts: { hub: shift(parts.hub), nats: shift(parts.nats), pushgateway: shift(parts.pushgateway) },
  };
}
