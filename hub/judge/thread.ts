/** The judge's thread: it beats and judges beside the hub's main loop, so that a busy or stuck one delays neither. */
import { setTimeout } from "node:timers/promises";
import { isMainThread, type MessagePort, parentPort, workerData } from "node:worker_threads";
import { isStuck, startMainLoop, stepMainLoop } from "../core/main-loop.ts";
import { createLog, type Log, logWith, messageOf } from "../io/log.ts";
import { monoMs } from "../io/mono-clock.ts";
import type { Beat } from "./beat.ts";
import { BeatExchange } from "./beat-exchange.ts";
import { BeatKeys } from "./beat-keys.ts";
import { type BeatPath, Board, beatPaths } from "./board.ts";
import { failoverSeat } from "./failover-seat.ts";
import type { JudgeListener, ListenerFactory } from "./listener.ts";
import { MachineWatch } from "./machine-watch.ts";
import { type FromJudge, type JudgeOrders, judgeThread, type ToJudge } from "./messages.ts";
import { openDoors } from "./seat/open-doors.ts";

/** What sits beside the detector. */
const seat: ListenerFactory = failoverSeat(openDoors);

const sayAgainMs = 1_000;
/** Ticks may come this late before the thread is said to have stood still: two beats. */
const latenessTicks = 2;
/** How long the ports of one that leaves stay open: a successor speaks by then. */
const lingerMs = 1_500;

class JudgeThread {
  readonly #orders: JudgeOrders;
  readonly #port: MessagePort;
  readonly #log: Log;
  readonly #board: Board;
  readonly #watch: MachineWatch;
  readonly #exchange: BeatExchange;
  readonly #listener: JudgeListener;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #mainLoop = startMainLoop;
  #stuck = false;
  #tickedAtMs = monoMs();
  #ticks = 0;
  #digest = "";
  #beatWanted = false;

  constructor(orders: JudgeOrders, port: MessagePort) {
    this.#orders = orders;
    this.#port = port;
    const { config, incarnation } = orders;
    this.#log = logWith(createLog(config.machine.name), { thread: "judge" });
    this.#board = new Board(orders.board);
    this.#watch = new MachineWatch({
      config,
      clock: monoMs,
      onChange: (machine, state) => {
        this.#tell({ type: "judged", machine, state });
        this.#listener.judged(machine, state, monoMs());
      },
      onCutOff: (cutOff) => {
        this.#tell({ type: "cut-off", cutOff });
        this.#listener.isolated(cutOff, monoMs());
      },
    });
    this.#exchange = new BeatExchange({
      config,
      incarnation,
      keys: new BeatKeys(config.stateDirectory, this.#log),
      log: this.#log,
      clock: monoMs,
      heard: (beat, path, is) => this.#heard(beat, path, is),
      word: (word) => {
        if (!this.#stop.signal.aborted) this.#listener.word(word, monoMs());
      },
      refused: (path) => this.#refused(path),
    });
    const voice = {
      setDigest: (digest: string) => {
        this.#digest = digest;
      },
      say: (word: unknown) => this.#exchange.say(word),
      beat: () => this.#beatSoon(),
      tellMain: (message: unknown) => this.#tell({ type: "listener", message }),
      log: this.#log,
    };
    this.#listener = seat(voice, config, this.#stop.signal);
  }

  async run(): Promise<void> {
    this.#port.on("message", (message: ToJudge) => this.#take(message));
    try {
      await this.#exchange.open();
    } catch (error) {
      this.#tell({ type: "unable", reason: messageOf(error) });
      return await this.#end();
    }
    this.#tickedAtMs = monoMs();
    this.#timer = setInterval(() => this.#tick(), this.#orders.config.detector.heartbeatMs);
    this.#tell({ type: "listening" });
  }

  #take(message: ToJudge): void {
    switch (message.type) {
      case "renew-seed":
        this.#exchange.renewSeed();
        this.#listener.renewSeed();
        break;
      case "listener":
        this.#listener.told(message.message, monoMs());
        break;
      case "leave":
        void this.#leave();
        break;
      case "stop":
        void this.#end();
    }
  }

  #tick(): void {
    const atMs = monoMs();
    const { heartbeatMs } = this.#orders.config.detector;
    const lateMs = atMs - this.#tickedAtMs - heartbeatMs;
    this.#tickedAtMs = atMs;
    const sleptMs = lateMs > latenessTicks * heartbeatMs ? lateMs : 0;
    if (sleptMs > 0) this.#listener.slept(sleptMs, atMs);
    this.#mainLoop = stepMainLoop(this.#mainLoop, this.#board.pulsedAtMs, sleptMs, atMs);
    this.#stuck = isStuck(this.#mainLoop, atMs);
    this.#watch.tick(this.#stuck);
    this.#listener.tick(atMs);
    this.#ticks++;
    this.#beat(this.#ticks % 2 === 0 ? beatPaths : ["udp"]);
    this.#exchange.repeat(sayAgainMs);
  }

  #heard(beat: Beat, path: BeatPath, is: { old: boolean; fresh: boolean }): void {
    if (this.#stop.signal.aborted) return;
    this.#board.heard(path);
    this.#watch.heard(path, { ...is, stuck: beat.mainStuck });
    if (is.old) return;
    const { incarnation, counter, digest, ack } = beat;
    this.#listener.beatHeard({ incarnation, counter, digest, ...(ack && { ack }) }, monoMs());
  }

  /** Whether the other port refuses as well is known as soon as it is asked. */
  #refused(path: BeatPath): void {
    if (this.#stop.signal.aborted) return;
    this.#watch.refused(path);
    if (path === "tcp") this.#beat(["udp"]);
  }

  /** All that is wanted in one turn of the loop is one beat. */
  #beatSoon(): void {
    if (this.#beatWanted) return;
    this.#beatWanted = true;
    setImmediate(() => {
      this.#beatWanted = false;
      if (!this.#stop.signal.aborted) this.#beat(beatPaths);
    });
  }

  #beat(paths: readonly BeatPath[]): void {
    this.#listener.beatSent(this.#exchange.nextCounter, monoMs());
    this.#exchange.beat({ lagMs: this.#board.lagMs, mainStuck: this.#stuck, digest: this.#digest }, paths);
  }

  async #leave(): Promise<void> {
    this.#fallSilent();
    await this.#listener.leave();
    this.#tell({ type: "left" });
    await setTimeout(lingerMs);
    await this.#end();
  }

  #fallSilent(): void {
    this.#stop.abort();
    clearInterval(this.#timer);
    this.#watch.stop();
  }

  async #end(): Promise<void> {
    this.#fallSilent();
    await this.#exchange.stop();
    this.#port.close();
  }

  #tell(message: FromJudge): void {
    this.#port.postMessage(message);
  }
}

/** Whether this very thread is a judge's: then it is no hub. */
export const isJudgeThread = !isMainThread && (workerData as Partial<JudgeOrders> | null)?.thread === judgeThread;

// The thread's program is the hub's own bundle, or this file where a hub runs from its source.
if (isJudgeThread && parentPort !== null) {
  const port = parentPort;
  port.once("message", ({ type }: ToJudge) => {
    if (type === "start")
      void new JudgeThread(workerData as JudgeOrders, port).run(); // by judge.ts
    else port.close();
  });
}
