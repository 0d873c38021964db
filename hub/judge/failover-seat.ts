/** Beside the judge: hears what it hears as events of the failover's core, and carries out what that asks for. */
import { randomBytes } from "node:crypto";
import { uptime } from "node:os";
import { setTimeout } from "node:timers/promises";
import type { HubConfig } from "../config.ts";
import { admitTable } from "../core/failover/admit.ts";
import { stepFailover } from "../core/failover/failover.ts";
import { type FailoverCommand, type FailoverEvent, Word } from "../core/failover/messages.ts";
import { digestOf, leftBy, routesOf, viewsOf, wordOf } from "../core/failover/outcome.ts";
import { type FailoverState, startFailover } from "../core/failover/state.ts";
import type { RouteWord } from "../core/router/word.ts";
import type { ServiceWord } from "../core/supervisor/word.ts";
import type { MachineState } from "../core/verdict.ts";
import { bootId } from "../io/boot-id.ts";
import { type Log, messageOf } from "../io/log.ts";
import { monoMs } from "../io/mono-clock.ts";
import type { HeardBeat } from "./beat.ts";
import { idleListener, type JudgeListener, type JudgeVoice, type ListenerFactory } from "./listener.ts";
import type { Doors } from "./seat/doors.ts";
import { MemoryFile } from "./seat/memory-file.ts";
import { type FromSeat, ToSeat } from "./seat/messages.ts";
import { WordsOut } from "./seat/words-out.ts";

type WithoutTime<E> = E extends unknown ? Omit<E, "atMs"> : never;
type Happening = WithoutTime<FailoverEvent>;

/** Names in one line of the log. */
const maxLogged = 20;
const viewsEveryMs = 1_000;
const stoppedEveryMs = 100;
/** A sleep of the machine that is as short as this is within what the lease allows clocks to differ. */
const sleepPart = 0.05;

/**
 * A hub without services or without a directory of its own moves nothing.
 *
 * @param awakeAndAsleepMs time since the machine's boot with its sleep, which its monotonic clock leaves out
 */
export function failoverSeat(
  openDoors: (config: HubConfig, log: Log, stop: AbortSignal) => Doors,
  awakeAndAsleepMs: () => number = () => uptime() * 1_000,
): ListenerFactory {
  return (voice, config, stop) => {
    const { stateDirectory, services } = config;
    if (services.length === 0) return idleListener(voice, config, stop);
    if (stateDirectory === undefined) {
      voice.log.warn("failover.off", { why: "stateDirectory is not set: nothing moves" });
      return idleListener(voice, config, stop);
    }
    return new FailoverSeat(voice, config, stateDirectory, openDoors(config, voice.log, stop), awakeAndAsleepMs, stop);
  };
}

class FailoverSeat implements JudgeListener {
  readonly #voice: JudgeVoice;
  readonly #config: HubConfig;
  readonly #stop: AbortSignal;
  readonly #doors: Doors;
  readonly #memory: MemoryFile;
  readonly #router: WordsOut<RouteWord> | undefined;
  readonly #supervisor: WordsOut<ServiceWord> | undefined;
  readonly #awakeAndAsleepMs: () => number;
  /** Ends each digest, so that acknowledgements of an earlier start are known. */
  readonly #start = randomBytes(6).toString("hex");
  #state: FailoverState;
  #digest = "";
  #word = "";
  #views = { text: "", atMs: Number.NEGATIVE_INFINITY };
  readonly #complaints = { peer: "", witness: "" };
  /** Services of which the router knows a later epoch: it carries clients by that, whatever it is told. */
  #stale: ReadonlySet<string> = new Set();
  #asleepMs: number;

  constructor(
    voice: JudgeVoice,
    config: HubConfig,
    stateDirectory: string,
    doors: Doors,
    awakeAndAsleepMs: () => number,
    stop: AbortSignal,
  ) {
    this.#voice = voice;
    this.#stop = stop;
    this.#config = config;
    this.#doors = doors;
    this.#awakeAndAsleepMs = awakeAndAsleepMs;
    const { leaseMs } = config.failover;
    const { log } = voice;
    const { router, supervisor } = doors;
    if (router !== undefined) {
      const put = async (words: readonly RouteWord[]) => {
        const refused = await router.put(words);
        this.#stale = new Set(refused.filter(({ why }) => why === "stale").map((word) => word.service));
        if (refused.length > 0) log.warn("failover.words_refused", { refused });
      };
      this.#router = new WordsOut({ name: "router", put, leaseMs, log });
    }
    if (supervisor !== undefined) {
      const put = async (words: readonly ServiceWord[]) => {
        const outcome = await supervisor.put(words);
        if (outcome.type === "silent") throw new Error(outcome.reason);
      };
      this.#supervisor = new WordsOut({ name: "supervisor", put, leaseMs, log });
    }
    this.#memory = new MemoryFile(stateDirectory, log, (saved) => this.#step({ type: "persisted", saved }));
    const atMs = monoMs();
    this.#asleepMs = awakeAndAsleepMs() - atMs;
    const setup = {
      machine: config.machine.name,
      peer: config.peer.name,
      incarnation: this.#start,
      witness: config.witness !== undefined,
      succeeds: voice.succeeds,
      boot: bootId(),
      services: config.services.map(({ name, home, standby, mode, singleWriter }) => ({
        name,
        home,
        standby,
        mode,
        singleWriter,
      })),
    };
    this.#state = startFailover(setup, this.#memory.load(), atMs);
    this.#spread(atMs);
  }

  tick(atMs: number): void {
    const asleepMs = this.#awakeAndAsleepMs() - monoMs();
    if (asleepMs - this.#asleepMs > sleepPart * this.#config.failover.leaseMs) {
      this.#voice.log.warn("failover.slept", { ms: Math.round(asleepMs - this.#asleepMs) });
      this.#step({ type: "slept", ms: asleepMs - this.#asleepMs }, atMs);
      this.#asleepMs = asleepMs;
    }
    this.#step({ type: "tick" }, atMs);
  }

  judged(machine: string, { parts, judgement }: MachineState, atMs: number): void {
    if (machine !== this.#config.peer.name) return;
    this.#step({ type: "verdict", hub: parts.hub.verdict, machine: judgement.verdict }, atMs);
  }

  isolated(cutOff: boolean, atMs: number): void {
    this.#step({ type: "isolated", cutOff }, atMs);
  }

  beatSent(counter: number, atMs: number): void {
    this.#step({ type: "beat-sent", counter }, atMs);
  }

  beatHeard({ digest, ack }: HeardBeat, atMs: number): void {
    const [table = ""] = digest.split(".");
    const [acked = "", incarnation = ""] = ack?.digest.split(".") ?? [];
    const answer = ack === undefined ? {} : { ack: { incarnation, counter: ack.counter, digest: acked } };
    this.#step({ type: "beat-heard", digest: table, ...answer }, atMs);
  }

  word(said: unknown, atMs: number): void {
    const word = Word.safeParse(said);
    if (word.success)
      this.#step({ type: "word", word: { ...word.data, table: this.#admit(word.data.table, "peer") } }, atMs);
    else this.#voice.log.warn("failover.word_unreadable", { error: word.error.message });
  }

  /** The clock ran while this thread stood still, so votes have run out by themselves; only a long one says more than that. */
  slept(ms: number, atMs: number): void {
    if (ms >= this.#config.failover.leaseMs / 2) this.#step({ type: "slept", ms }, atMs);
  }

  told(message: unknown, atMs: number): void {
    const heard = ToSeat.safeParse(message);
    if (!heard.success) this.#voice.log.warn("failover.message_unreadable", { error: heard.error.message });
    else if (heard.data.type !== "health") this.#step(heard.data, atMs);
    else {
      const { type, instance, health, atMs: seenAtMs = atMs } = heard.data;
      this.#step({ type, instance, health, seenAtMs }, atMs);
    }
  }

  renewSeed(): void {
    this.#doors.witness?.renewSeed();
  }

  async leave(): Promise<void> {
    await this.#memory.idle();
    const left = leftBy(this.#state, monoMs(), this.#config.failover);
    if (left === undefined) return;
    this.#memory.save(left);
    await this.#memory.idle();
  }

  #step(event: Happening, atMs = monoMs()): void {
    if (this.#stop.aborted) return;
    // A member of the union with its time is a member of the union.
    const { state, commands } = stepFailover(this.#state, { ...event, atMs } as FailoverEvent, this.#config.failover);
    this.#state = state;
    if (event.type !== "beat-sent" && event.type !== "beat-heard") this.#spread(atMs);
    for (const command of commands) this.#do(command);
  }

  /** What follows from the state, to the beats, the peer, the router, the supervisor and the hub. */
  #spread(atMs: number): void {
    const limits = this.#config.failover;
    const digest = digestOf(this.#state);
    if (digest !== this.#digest) {
      this.#digest = digest;
      this.#voice.setDigest(digest === "" ? "" : `${digest}.${this.#start}`);
      this.#voice.beat();
    }
    const word = wordOf(this.#state, atMs, limits);
    const text = JSON.stringify(word);
    if (text !== this.#word) {
      this.#word = text;
      this.#voice.say(word);
    }
    this.#router?.offer(this.#routeWords(atMs), atMs);
    this.#supervisor?.offer(this.#serviceWords(atMs), atMs);
    this.#tellViews(atMs);
  }

  #routeWords(atMs: number): RouteWord[] {
    return routesOf(this.#state, atMs, this.#config.failover).flatMap(({ service, epoch, to, untilMs }) => {
      const { route, instances } = this.#config.services.find(({ name }) => name === service) ?? {};
      if (route === undefined) return [];
      const place = to === null ? undefined : instances?.[to];
      const target = place === undefined ? null : { host: place.host, port: place.port };
      return [{ service, epoch, to: target, untilMonoMs: target === null ? null : untilMs }];
    });
  }

  /** Only cold instances are started and stopped. */
  #serviceWords(atMs: number): ServiceWord[] {
    const { machine, failover } = this.#config;
    return routesOf(this.#state, atMs, failover).flatMap(({ service, epoch, to, untilMs }) => {
      const mode = this.#config.services.find(({ name }) => name === service)?.mode;
      const run = to === machine.name;
      return mode === "cold" ? [{ service, epoch, run, untilMonoMs: run ? untilMs : null }] : [];
    });
  }

  #tellViews(atMs: number): void {
    const services = viewsOf(this.#state, atMs, this.#config.failover);
    // A lease that is renewed is no news.
    const text = JSON.stringify(services.map((view) => ({ ...view, actsUntilMs: null })));
    if (text === this.#views.text && atMs - this.#views.atMs < viewsEveryMs) return;
    this.#views = { text, atMs };
    this.#tellMain({ type: "services", services });
  }

  #tellMain(message: FromSeat): void {
    this.#voice.tellMain(message);
  }

  #do(command: FailoverCommand): void {
    switch (command.type) {
      case "persist":
        this.#memory.save(command.saved);
        break;
      case "read-witness":
        void this.#readWitness();
        break;
      case "write-witness":
        void this.#writeWitness(command);
        break;
      case "hush":
        void this.#hush(command);
        break;
      case "moved":
        this.#voice.log.info("failover.moved", { ...command });
        this.#tellMain(command);
        break;
      case "alert":
      case "probe":
      case "given-up":
      case "answer":
        this.#tellMain(command);
    }
  }

  async #readWitness(): Promise<void> {
    const keys = (await this.#ask(() => this.#doors.witness?.read())) ?? "silent";
    const admitted = keys === "silent" ? keys : this.#admit(Object.fromEntries(keys), "witness");
    this.#step({ type: "witness-read", keys: admitted });
  }

  /** Said once for each set of entries, as the words come again each second. */
  #admit<T extends { epoch: number }>(said: Readonly<Record<string, T>>, by: "peer" | "witness") {
    const { table, refused } = admitTable(this.#state, said);
    if (refused.length > 0) this.#tellMain({ type: "refused", entries: refused.length });
    const complaint = refused.join();
    if (complaint !== this.#complaints[by] && refused.length > 0)
      this.#voice.log.error("failover.entries_refused", {
        by,
        services: refused.slice(0, maxLogged),
        of: refused.length,
      });
    this.#complaints[by] = complaint;
    return table;
  }

  async #writeWitness(command: Extract<FailoverCommand, { type: "write-witness" }>): Promise<void> {
    const { service, epoch, writer, turn, expectedRevision } = command;
    const entry = { epoch, writer, turn };
    const result = (await this.#ask(() => this.#doors.witness?.write(service, entry, expectedRevision))) ?? "silent";
    this.#step({ type: "witness-written", service, epoch, turn, result });
  }

  /** Undefined when the door itself failed. */
  async #ask<T>(ask: () => Promise<T> | undefined): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      this.#voice.log.warn("failover.witness_failed", { error: messageOf(error) });
      return undefined;
    }
  }

  /**
   * The state says already that nobody acts; it is quiet once router and supervisor have heard that. A container takes a while to stop, and
   * a router may not answer at first, so they are asked until they confirm it or the hand-over is over.
   */
  async #hush({ service, epoch }: Extract<FailoverCommand, { type: "hush" }>): Promise<void> {
    const isCold = this.#config.services.some(({ name, mode }) => name === service && mode === "cold");
    const { sinceMs } = this.#state.handOvers[service] ?? {};
    const isOver = () => sinceMs === undefined || this.#state.handOvers[service]?.sinceMs !== sinceMs;
    while (!isOver() && !this.#stop.aborted) {
      const [holds = true, stopped] = await Promise.all([
        this.#router?.flush(monoMs()),
        isCold ? this.#isStopped(service) : true,
      ]);
      if (isOver()) return;
      if (holds && stopped && !this.#stale.has(service)) return this.#step({ type: "quiet", service, epoch });
      await setTimeout(stoppedEveryMs);
    }
  }

  async #isStopped(service: string): Promise<boolean> {
    const { supervisor } = this.#doors;
    if (supervisor === undefined) return true;
    const words = this.#serviceWords(monoMs()).filter((word) => word.service === service);
    if (words.some(({ run }) => run)) return false;
    const outcome = await supervisor.put(words);
    return (
      outcome.type === "answer" && !outcome.answer.services.some((each) => each.service === service && each.running)
    );
  }
}
