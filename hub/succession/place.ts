/**
 * The one place of a machine's hub, or of its router, which one process holds at a time and hands to its successor. It is a name that the kernel gives to
 * one process and takes back when that ends, so no crash leaves it taken; a key in the state directory keeps strangers from asking for it.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { type Log, messageOf } from "../io/log.ts";
import { writeDurablySync } from "../io/write-durably.ts";
import { type Line, Lines } from "./lines.ts";

const Address = z.strictObject({ host: z.string().min(1), port: z.number().int().min(1).max(65_535) });
export type Address = z.infer<typeof Address>;

const Ask = z.strictObject({
  ask: z.literal("yours"),
  /** Hex. */
  key: z.string(),
  /** Program and configuration; the same for each start of a container. */
  program: z.string().min(1),
  /** Where the successor takes requests already, and holds them. */
  at: Address,
});
const Answer = z.discriminatedUnion("say", [
  z.strictObject({ say: z.literal("yours") }),
  z.strictObject({ say: z.literal("no"), reason: z.string() }),
]);
type Answer = z.infer<typeof Answer>;

export interface PlaceOptions {
  /** @example "hub-mainpc" */
  name: string;
  /** Directory of the key, and the same for a process and its successor. */
  stateDirectory: string;
  /** Program and configuration of this process, by which a successor that has failed is known again. */
  program: string;
  log: Log;
  /** Stops acting, for the process at that address; resolves when nothing of this one acts any more. */
  yield(to: Address): Promise<void>;
  /** The successor has ended, and this process holds the place again. */
  resume(): void;
}

const keyName = "successor.key";
const keyBytes = 32;
const askDeadlineMs = 5_000;
/** Pushes under way are answered within 20 s, and what was accepted is stored. */
const yieldDeadlineMs = 30_000;
const againMs = 50;
/** A successor that has ended is not let in again so soon. */
const distrustMs = 600_000;
const standByMs = 500;
const after = (ms: number, act: () => void) => globalThis.setTimeout(act, ms);

export class Place {
  readonly #options: PlaceOptions;
  readonly #name: string;
  readonly #stop = new AbortController();
  /** Successors that ended after they had taken over, and when. */
  readonly #failed = new Map<string, number>();
  #server: Server | undefined;
  #successor: Socket | undefined;

  constructor(options: PlaceOptions) {
    this.#options = options;
    const { name, stateDirectory } = options;
    const of = createHash("sha256").update(stateDirectory).digest("hex").slice(0, 16);
    this.#name = `\0tandem-${name}-${of}`;
  }

  /** Holds the place from now on, where nobody does. @returns false when another process holds it */
  take(): Promise<boolean> {
    return this.#bind();
  }

  /**
   * Has its holder yield.
   *
   * @param at where this process takes requests already
   * @returns undefined when the place is held; else why it is not
   */
  async succeed(at: Address): Promise<string | undefined> {
    const answer = await this.#ask(at);
    if (answer === undefined) return "the process that acts does not answer";
    if (answer.say === "no") return answer.reason;
    const endMs = performance.now() + askDeadlineMs;
    while (performance.now() < endMs && !this.#stop.signal.aborted) {
      if (await this.#bind()) return undefined;
      await setTimeout(againMs);
    }
    return "another process was quicker";
  }

  close(): void {
    this.#stop.abort();
    this.#server?.close();
    this.#successor?.destroy();
  }

  #bind(): Promise<boolean> {
    const server = createServer((socket) => this.#hear(socket));
    return new Promise((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) =>
        error.code === "EADDRINUSE" ? resolve(false) : reject(error),
      );
      server.listen(this.#name, () => {
        this.#server = server;
        resolve(true);
      });
    });
  }

  /** Undefined when the holder has ended, or says nothing of use. */
  #ask(at: Address): Promise<Answer | undefined> {
    const { program } = this.#options;
    const socket = connect(this.#name);
    const ask: z.infer<typeof Ask> = { ask: "yours", key: this.#key().toString("hex"), program, at };
    return new Promise((resolve) => {
      const deadline = after(yieldDeadlineMs, () => socket.destroy());
      const end = () => {
        clearTimeout(deadline);
        resolve(undefined);
      };
      socket.once("connect", () => socket.write(`${JSON.stringify(ask)}\n`));
      socket.once("close", end).on("error", () => {});
      new Lines(socket, (line) => {
        clearTimeout(deadline);
        const answer = Answer.safeParse(line);
        // Kept open when it is ours: its end is how the predecessor learns of this process's end.
        if (!answer.success || answer.data.say === "no") socket.destroy();
        this.#stop.signal.addEventListener("abort", () => socket.destroy(), { once: true });
        resolve(answer.data);
      });
    });
  }

  #hear(socket: Socket): void {
    const deadline = after(askDeadlineMs, () => socket.destroy());
    socket.on("error", () => {}).once("close", () => clearTimeout(deadline));
    new Lines(socket, (line) => {
      clearTimeout(deadline);
      void this.#answer(socket, line);
    });
  }

  async #answer(socket: Socket, line: Line): Promise<void> {
    const say = (answer: Answer) => void socket.write(`${JSON.stringify(answer)}\n`);
    const ask = Ask.safeParse(line);
    if (!ask.success || !this.#knows(ask.data.key)) {
      this.#options.log.warn("succession.stranger");
      return void socket.destroy();
    }
    const { program, at } = ask.data;
    const failedAtMs = this.#failed.get(program);
    if (failedAtMs !== undefined && performance.now() - failedAtMs < distrustMs) {
      const agoS = Math.round((performance.now() - failedAtMs) / 1_000);
      return say({ say: "no", reason: `it had taken over and ended ${agoS} s ago; the one before it acts again` });
    }
    if (this.#successor !== undefined) return void socket.destroy();
    this.#successor = socket;
    // Whether it has ended meanwhile is looked at afterwards: nothing acts here then either.
    await this.#options.yield(at);
    this.#server?.close();
    this.#server = undefined;
    say({ say: "yours" });
    if (socket.destroyed) this.#ended(program);
    else socket.once("close", () => this.#ended(program));
  }

  #ended(program: string): void {
    this.#successor = undefined;
    if (this.#stop.signal.aborted) return;
    this.#failed.set(program, performance.now());
    this.#options.log.error("succession.ended", { program });
    this.#holdAgain().catch((error: unknown) => {
      this.#options.log.error("succession.lost", { error: messageOf(error) });
    });
  }

  /** Another one may have been quicker; it is stood by for. */
  async #holdAgain(): Promise<void> {
    while (!(await this.#bind())) {
      await setTimeout(standByMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      if (this.#stop.signal.aborted) return;
    }
    this.#options.resume();
  }

  #knows(key: string): boolean {
    const given = Buffer.from(key, "hex");
    const own = this.#key();
    return given.length === own.length && timingSafeEqual(given, own);
  }

  #key(): Buffer {
    const path = join(this.#options.stateDirectory, keyName);
    try {
      const key = readFileSync(path);
      if (key.length === keyBytes) return key;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // file errors carry a code
    }
    const made = randomBytes(keyBytes);
    writeDurablySync(path, made);
    return made;
  }
}
