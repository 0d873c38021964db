/**
 * The one place of a machine's hub, or of its router, which one process holds at a time and hands to its successor. Who holds it is
 * settled by a lock; what the two have to say to each other goes over a socket beside it, in a directory that is open to their user alone.
 */
import { mkdirSync, openSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { type Log, messageOf } from "../io/log.ts";
import { listenOn, longestSocketPathBytes } from "../io/unix-socket.ts";
import { within } from "../io/within.ts";
import { ExclusiveLock } from "./exclusive-lock.ts";
import { Lines } from "./lines.ts";

const Address = z.strictObject({ host: z.string().min(1), port: z.number().int().min(1).max(65_535) });
export type Address = z.infer<typeof Address>;

const Ask = z.discriminatedUnion("ask", [
  z.strictObject({ ask: z.literal("may I"), program: z.string().min(1), madeAtMs: z.number() }),
  /** Only who may: it takes clients at that address already, and holds them. */
  z.strictObject({ ask: z.literal("yours"), at: Address }),
  /** A successor was told to end: it has not failed. */
  z.strictObject({ ask: z.literal("bye") }),
]);
const Answer = z.discriminatedUnion("say", [
  z.strictObject({ say: z.literal("you may") }),
  z.strictObject({ say: z.literal("yours") }),
  z.strictObject({ say: z.literal("no"), reason: z.string() }),
]);
type Answer = z.infer<typeof Answer>;

export interface PlaceOptions {
  /** Directory of its lock and socket: that of a process and its successor, and of nobody else. */
  directory: string;
  /** What this process runs, by which a successor that has failed is known again. */
  program: string;
  /** When what this process runs in was made, wall clock: an older one does not follow a newer one. */
  madeAtMs: number;
  log: Log;
  /** Whether this process acts, and could yield. */
  acts(): boolean;
  /** Stops acting, for the process at that address; resolves when nothing of this one acts any more. */
  yield(to: Address): Promise<void>;
  /** The successor has ended, and this process holds the place again. */
  resume(): void;
  /** It cannot yield: its process is to end. */
  broken(error: unknown): void;
}

/** `gone`: whoever held the place has ended. */
export type Outcome = { kind: "ok" } | { kind: "gone" } | { kind: "no"; reason: string };

const askDeadlineMs = 5_000;
/** What is under way is answered, and what was accepted is stored. */
const yieldDeadlineMs = 30_000;
const standByMs = 200;
const maxAsking = 8;

export class Place {
  readonly #options: PlaceOptions;
  readonly #lock: ExclusiveLock;
  readonly #socketPath: string;
  readonly #stop = new AbortController();
  /** Programs that ended after they had taken over; they are not let in again by this process. */
  readonly #failed = new Set<string>();
  /** Successors that were told to end. */
  readonly #orderly = new WeakSet<Socket>();
  #server: Server | undefined;
  /** Who may follow, or has followed. */
  #successor: Socket | undefined;
  /** To the process that acts. */
  #holder: { socket: Socket; answer: (answer: Answer | undefined) => void } | undefined;

  constructor(options: PlaceOptions) {
    this.#options = options;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    this.#lock = new ExclusiveLock(join(options.directory, "place.lock"));
    this.#socketPath = socketIn(options.directory);
  }

  /** Holds the place from now on, where nobody does. @returns false when another process holds it */
  async take(): Promise<boolean> {
    if (this.#stop.signal.aborted || !this.#lock.take()) return false;
    await this.#listen();
    return true;
  }

  /** Whether this process may follow the one that acts; if so that one waits for `succeed`. */
  async mayI(): Promise<Outcome> {
    const { program, madeAtMs } = this.#options;
    this.letGo();
    const socket = connect(this.#socketPath);
    const holder = { socket, answer: (_: Answer | undefined) => {} };
    this.#holder = holder;
    socket.on("error", () => {}).once("close", () => holder.answer(undefined));
    new Lines(socket, (line) => holder.answer(Answer.safeParse(line).data));
    return outcomeOf(await this.#say({ ask: "may I", program, madeAtMs }, askDeadlineMs), "you may");
  }

  /** Has the holder yield and holds the place. @param at where this process takes clients already */
  async succeed(at: Address): Promise<Outcome> {
    const outcome = outcomeOf(await this.#say({ ask: "yours", at }, yieldDeadlineMs + askDeadlineMs), "yours");
    if (outcome.kind === "no") return outcome;
    if (await this.take()) return { kind: "ok" };
    if (outcome.kind === "ok") this.letGo();
    return outcome.kind === "gone" ? outcome : { kind: "no", reason: "another process was quicker" };
  }

  /** The process that acts goes on; of one that has yielded, it acts again. */
  letGo(): void {
    this.#holder?.socket.destroy();
    this.#holder = undefined;
  }

  /** Neither waits for the place nor takes it any more; what it holds it still holds. */
  stopWaiting(): void {
    this.#stop.abort();
  }

  /** @param failed whether it could not go on: then a predecessor that steps in does not let this program in again */
  close(failed = false): void {
    this.stopWaiting();
    this.#unlisten();
    this.#successor?.destroy();
    if (failed) this.letGo();
    else this.#holder?.socket.end(`${JSON.stringify({ ask: "bye" } satisfies z.infer<typeof Ask>)}\n`);
  }

  async #listen(): Promise<void> {
    const server = createServer((socket) => this.#hear(socket));
    server.maxConnections = maxAsking;
    // A socket that is there is of one that held the lock, and has ended.
    await listenOn(server, this.#socketPath, "0600");
    this.#server = server;
  }

  #unlisten(): void {
    this.#server?.close();
    this.#server = undefined;
    this.#lock.free();
  }

  /** Undefined when the holder has ended, or says nothing of use. */
  #say(ask: z.infer<typeof Ask>, deadlineMs: number): Promise<Answer | undefined> {
    const holder = this.#holder;
    if (holder === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const deadline = globalThis.setTimeout(() => holder.socket.destroy(), deadlineMs);
      holder.answer = (answer) => {
        clearTimeout(deadline);
        resolve(answer);
      };
      if (holder.socket.destroyed) holder.answer(undefined);
      else holder.socket.write(`${JSON.stringify(ask)}\n`);
    });
  }

  #hear(socket: Socket): void {
    const deadline = globalThis.setTimeout(() => socket.destroy(), askDeadlineMs);
    socket.on("error", () => {}).once("close", () => clearTimeout(deadline));
    let program: string | undefined;
    let yielded = false;
    new Lines(socket, (line) => {
      const ask = Ask.safeParse(line).data;
      const say = (answer: Answer) => void socket.write(`${JSON.stringify(answer)}\n`);
      if (ask?.ask === "may I" && program === undefined) {
        const reason = this.#objection(ask, socket);
        if (reason !== undefined) return say({ say: "no", reason });
        program = ask.program;
        deadline.refresh();
        return say({ say: "you may" });
      }
      if (ask?.ask === "bye" && yielded) {
        this.#orderly.add(socket);
        return;
      }
      if (ask?.ask !== "yours" || yielded || program === undefined || this.#successor !== socket)
        return void socket.destroy();
      clearTimeout(deadline);
      yielded = true;
      void this.#yield(socket, ask.at, program, say).catch((error: unknown) => this.#options.broken(error));
    });
  }

  #objection({ program, madeAtMs }: { program: string; madeAtMs: number }, socket: Socket): string | undefined {
    const { acts } = this.#options;
    if (this.#failed.has(program)) return "it had taken over and ended; the one before it acts again";
    if (madeAtMs < this.#options.madeAtMs) return "it was made before the one that acts";
    if (!acts()) return "the one before it does not act yet";
    if (this.#successor !== undefined) return "another process is about to take over";
    this.#successor = socket;
    socket.once("close", () => {
      if (this.#successor === socket) this.#successor = undefined;
    });
    return undefined;
  }

  async #yield(socket: Socket, at: Address, program: string, say: (answer: Answer) => void): Promise<void> {
    if (!(await within(yieldDeadlineMs, this.#options.yield(at)))) throw new Error("it could not yield in time");
    // Before anybody else may have it.
    socket.removeAllListeners("close");
    const ended = () =>
      void this.#ended(this.#orderly.has(socket) ? undefined : program).catch((error: unknown) =>
        this.#options.broken(error),
      );
    this.#unlisten();
    if (socket.destroyed) return ended();
    socket.once("close", ended);
    say({ say: "yours" });
  }

  /** Another one may hold the place by now; it is stood by for. */
  async #ended(failed: string | undefined): Promise<void> {
    const { log, resume } = this.#options;
    const { signal } = this.#stop;
    this.#successor = undefined;
    if (signal.aborted) return;
    if (failed !== undefined) this.#failed.add(failed);
    log.warn("succession.ended", { failed: failed !== undefined });
    while (!signal.aborted) {
      if (await this.take()) return resume();
      await setTimeout(standByMs, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) log.error("succession.lost", { error: messageOf(error) });
      });
    }
  }
}

function outcomeOf(answer: Answer | undefined, wanted: Answer["say"]): Outcome {
  if (answer?.say === wanted) return { kind: "ok" };
  return answer?.say === "no" ? { kind: "no", reason: answer.reason } : { kind: "gone" };
}

/** By the open directory where the path is longer than a socket's may be: Linux leads there, and nobody else has places. */
function socketIn(directory: string): string {
  const path = join(directory, "place.sock");
  if (Buffer.byteLength(path) <= longestSocketPathBytes()) return path;
  // Open as long as this process, which may listen there at any time.
  return join("/proc/self/fd", String(openSync(directory, "r")), "place.sock");
}
