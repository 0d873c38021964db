/** The judge's thread: it beats and judges beside the hub's main loop, so that a busy or stuck one delays neither. */
import { setTimeout } from "node:timers/promises";
import { isMainThread, type MessagePort, parentPort, workerData } from "node:worker_threads";
import { isStuck, startMainLoop, stepMainLoop } from "../core/main-loop.ts";
import { messageOf, suppressedLines } from "../io/log.ts";
import { monoMs } from "../io/mono-clock.ts";
import type { Beat } from "./beat.ts";
import { type BeatPath, Board, beatPaths } from "./board.ts";
import { Ears } from "./ears.ts";
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
/** How long the connections of one that leaves stay open: a successor speaks by then. */
const lingerMs = 1_500;

class JudgeThread {
  readonly #orders: JudgeOrders;
  readonly #port: MessagePort;
  readonly #board: Board;
  readonly #watch: MachineWatch;
  readonly #ears: Ears;
  readonly #listener: JudgeListener;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #mainLoop = startMainLoop;
  #stuck = false;
  #tickedAtMs = monoMs();
  #ticks = 0;
  #suppressedLines = 0;
  #digest = "";
  #beatWanted = false;

  /** @param succeeds whether this hub took over from one of the same machine that acted until then */
  constructor(orders: JudgeOrders, port: MessagePort, ears: Ears, succeeds: boolean) {
    this.#orders = orders;
    this.#port = port;
    this.#ears = ears;
    const { config } = orders;
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
    const voice = {
      setDigest: (digest: string) => {
        this.#digest = digest;
      },
      say: (word: unknown) => this.#ears.exchange.say(word),
      beat: () => this.#beatSoon(),
      tellMain: (message: unknown) => this.#tell({ type: "listener", message }),
      succeeds,
      log: ears.log,
    };
    this.#listener = seat(voice, config, this.#stop.signal);
    ears.hear({
      heard: (beat, path, is) => this.#heard(beat, path, is),
      word: (word) => this.#listener.word(word, monoMs()),
      refused: (path) => this.#refused(path),
    });
  }

  async run(): Promise<void> {
    this.#port.on("message", (message: ToJudge) => this.#take(message));
    try {
      await this.#ears.open();
    } catch (error) {
      this.#tell({ type: "unable", reason: messageOf(error) });
      return await this.#end();
    }
    this.#tickedAtMs = monoMs();
    this.#timer = setInterval(() => this.#tick(), this.#orders.config.detector.heartbeatMs);
    this.#beat(beatPaths);
    this.#tell({ type: "listening" });
  }

  #take(message: ToJudge): void {
    switch (message.type) {
      case "renew-seed":
        this.#ears.exchange.renewSeed();
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
    this.#ears.exchange.repeat(sayAgainMs);
    const messages = this.#ears.exchange.takeRefused();
    if (messages > 0) this.#tell({ type: "refused", messages });
    const lines = suppressedLines() - this.#suppressedLines;
    this.#suppressedLines += lines;
    if (lines > 0) this.#tell({ type: "suppressed", lines });
  }

  #heard(beat: Beat, path: BeatPath, is: { old: boolean; fresh: boolean }): void {
    this.#board.heard(path);
    this.#watch.heard(path, { ...is, stuck: beat.mainStuck });
    if (is.old) return;
    const { incarnation, counter, digest, ack } = beat;
    this.#listener.beatHeard({ incarnation, counter, digest, ...(ack && { ack }) }, monoMs());
  }

  /** Whether the other port refuses as well is known as soon as it is asked. */
  #refused(path: BeatPath): void {
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
    this.#listener.beatSent(this.#ears.exchange.nextCounter, monoMs());
    this.#ears.exchange.beat({ lagMs: this.#board.lagMs, mainStuck: this.#stuck, digest: this.#digest }, paths);
  }

  async #leave(): Promise<void> {
    this.#fallSilent();
    await this.#listener.leave();
    await this.#ears.exchange.leave();
    this.#tell({ type: "left" });
    await setTimeout(lingerMs);
    await this.#end();
  }

  #fallSilent(): void {
    this.#ears.hear(undefined);
    this.#stop.abort();
    clearInterval(this.#timer);
    this.#watch.stop();
  }

  async #end(): Promise<void> {
    this.#fallSilent();
    await this.#ears.exchange.stop();
    this.#port.close();
  }

  #tell(message: FromJudge): void {
    this.#port.postMessage(message);
  }
}

/** Whether this very thread is a judge's: then it is no hub. */
export const isJudgeThread = !isMainThread && (workerData as Partial<JudgeOrders> | null)?.thread === judgeThread;

// The thread's program is the hub's own bundle, or this file where a hub runs from its source.
if (isJudgeThread && parentPort !== null) waitForStart(workerData as JudgeOrders, parentPort); // by judge.ts

function waitForStart(orders: JudgeOrders, port: MessagePort): void {
  const tell = (message: FromJudge) => port.postMessage(message);
  const ears = new Ears(orders, tell);
  const take = (message: ToJudge) => {
    const { type } = message;
    if (type === "prepare") {
      ears.open().then(
        () => tell({ type: "prepared" }),
        (error: unknown) => tell({ type: "unable", reason: messageOf(error) }),
      );
    } else if (type === "start") {
      port.off("message", take);
      void new JudgeThread(orders, port, ears, message.succeeds).run();
    } else if (type === "stop") {
      void ears.exchange.stop().then(() => port.close());
    }
  };
  port.on("message", take);
}
