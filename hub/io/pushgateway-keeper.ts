/**
 * Keeps this machine's real Pushgateway equal to the fold. Changed groups are fed coalesced, the newest state of each at a
 * time and so many a second at most, so that the Pushgateway never sets the pace of ingest; one that restarted is filled again from
 * the fold at full speed, and what others did to it is found by looks.
 */
import { Agent, request } from "node:http";
import { z } from "zod";
import { FeedPace } from "../core/feed-pace.ts";
import { FeedQueue } from "../core/feed-queue.ts";
import type { FullSighting } from "../core/gateway-groups.ts";
import type { GroupBounds } from "../core/gateway-splitter.ts";
import type { Known } from "../core/gateway-watch.ts";
import { GatewayLooks } from "./gateway-looks.ts";
import { type Log, messageOf } from "./log.ts";
import type { Adoption } from "./straight-push.ts";

/** A group as it should stand: its text, or that it should not be there. */
export interface KeptGroup {
  /** Path below the Pushgateway's root that names the group. */
  path: string;
  /** Undefined when the group is gone. */
  text: string | undefined;
}

export interface PushgatewayKeeperOptions {
  address: { host: string; port: number };
  /** Keys of all groups that are. */
  keys(): Iterable<string>;
  group(key: string): KeptGroup | undefined;
  /** What is known of a group, at less cost than its text. */
  known(key: string): Known;
  /** Whether the fold is what is stored, so that looks may begin. */
  ready(): boolean;
  /** Whether this hub holds all that the pair has stored. */
  settled(): boolean;
  /** Takes over a group that was pushed straight to the Pushgateway. */
  adopt(sighting: FullSighting): Promise<Adoption>;
  /** Beyond them a group that was pushed straight to the Pushgateway is put back unread. */
  groupBounds: GroupBounds;
  /** Between two looks, ms. @default 1000 */
  lookEveryMs?: number;
  log: Log;
}

const concurrency = 4;
const requestDeadlineMs = 5_000;
const statusEveryMs = 500;
const retryMs = 200;

const Status = z.object({ data: z.object({ start_time: z.string() }) });

interface Answer {
  status: number;
  body: string;
}

export class PushgatewayKeeper {
  readonly #options: PushgatewayKeeperOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: concurrency + 1 });
  readonly #queue = new FeedQueue();
  readonly #pace = new FeedPace();
  /** Being fed: a newer state of the same group waits, or the older one could arrive last. */
  readonly #busy = new Set<string>();
  /** Paths of groups that the fold does not know and that are to be taken away, by key. */
  readonly #strays = new Map<string, string>();
  /** Refused by the Pushgateway: fed again when they change or it restarts, not because a look misses them. */
  readonly #refused = new Set<string>();
  readonly #looks: GatewayLooks;
  #startTime = "";
  #reachable = false;
  #statusTimer: NodeJS.Timeout | undefined;
  #feedTimer: NodeJS.Timeout | undefined;
  #feedAtMs = 0;
  #stopped = false;
  /** Groups that the Pushgateway refused; each is tried again when it changes or the Pushgateway restarts. */
  rejected = 0;

  constructor(options: PushgatewayKeeperOptions) {
    this.#options = options;
    this.#looks = new GatewayLooks({
      ...options,
      agent: this.#agent,
      unfed: () => [...this.#queue.keys(), ...this.#busy],
      startTime: () => (this.#reachable && options.ready() ? this.#startTime : undefined),
      askStartTime: () => this.#askStartTime(),
      feed: (keys) => this.#feedAgain(keys),
      unfeed: (key) => this.#queue.drop(key),
      remove: (key, path) => {
        this.#strays.set(key, path);
        this.#feedAgain([key]);
      },
    });
    void this.#followStatus();
  }

  /** Groups that still differ from the fold, as far as is known. */
  get pending(): number {
    return this.#queue.size + this.#busy.size;
  }

  get looks(): Pick<GatewayLooks, "ended" | "adopted" | "putBack"> {
    return this.#looks;
  }

  changed(keys: Iterable<string>): void {
    for (const key of keys) {
      this.#looks.touch(key);
      this.#refused.delete(key);
      if (this.#isToFeed(key)) this.#queue.add(key);
      else this.#queue.drop(key);
    }
    this.#work();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#feedTimer);
    clearTimeout(this.#statusTimer);
    this.#looks.stop();
    this.#agent.destroy();
  }

  /**
   * A deleted group that is read back at a start is not fed unless the Pushgateway may hold it by this hub's doing: live groups would
   * wait for all that were ever deleted. What it holds from before, a look finds.
   */
  #isToFeed(key: string): boolean {
    const { known, ready } = this.#options;
    return known(key) !== "deleted" || ready() || this.#busy.has(key) || this.#looks.mayHold(key);
  }

  /** A new start time means an empty Pushgateway, or one with an old persistence file: all groups are fed again. */
  async #followStatus(): Promise<void> {
    try {
      const startTime = await this.#askStartTime();
      if (startTime !== this.#startTime) {
        this.#options.log.info("pushgateway.refill", { startTime });
        this.#startTime = startTime;
        this.#looks.forget();
        this.#refused.clear();
        const keys = [...this.#options.keys()];
        for (const key of keys) this.#looks.touch(key);
        this.#feedAgain(keys);
      }
      this.#reachable = true;
      this.#work();
    } catch (error) {
      if (this.#reachable) this.#options.log.warn("pushgateway.unreachable", { error: messageOf(error) });
      this.#reachable = false;
    }
    if (!this.#stopped) this.#statusTimer = setTimeout(() => void this.#followStatus(), statusEveryMs);
  }

  async #askStartTime(): Promise<string> {
    const answer = await this.#ask("GET", "/api/v1/status", "");
    return Status.parse(JSON.parse(answer.body)).data.start_time;
  }

  #feedAgain(keys: readonly string[]): void {
    for (const key of keys) if (!this.#refused.has(key)) this.#queue.hurry(key);
    this.#work();
  }

  #work(): void {
    if (this.#stopped) return;
    const nowMs = performance.now();
    const nextMs = this.#queue.tick(nowMs);
    if (nextMs !== undefined) this.#workAt(nextMs);
    while (this.#reachable && this.#busy.size < concurrency) {
      const key = this.#next(nowMs);
      if (key === undefined) return;
      this.#busy.add(key);
      this.#queue.fed(key, nowMs);
      void this.#feed(key).finally(() => {
        this.#busy.delete(key);
        this.#work();
      });
    }
  }

  #next(nowMs: number): string | undefined {
    const urgent = this.#queue.takeUrgent(this.#busy);
    if (urgent !== undefined) return urgent;
    if (!this.#pace.has(nowMs)) {
      if (this.#queue.hasDue) this.#workAt(nowMs + this.#pace.waitMs());
      return undefined;
    }
    const key = this.#queue.take(this.#busy);
    if (key !== undefined) this.#pace.use();
    return key;
  }

  #workAt(atMs: number): void {
    if (this.#feedTimer !== undefined && this.#feedAtMs <= atMs) return;
    clearTimeout(this.#feedTimer);
    this.#feedAtMs = atMs;
    this.#feedTimer = setTimeout(
      () => {
        this.#feedTimer = undefined;
        this.#work();
      },
      Math.max(1, atMs - performance.now()),
    );
  }

  async #feed(key: string): Promise<void> {
    let path = key;
    try {
      const stray = this.#strays.get(key);
      this.#strays.delete(key);
      const group = this.#options.group(key) ?? (stray === undefined ? undefined : { path: stray, text: undefined });
      if (group === undefined) return;
      path = group.path;
      this.#looks.touch(key);
      const startMs = Date.now();
      const answer = await this.#ask(group.text === undefined ? "DELETE" : "PUT", group.path, group.text ?? "");
      this.#looks.touch(key);
      if (answer.status < 300) return this.#looks.fed(key, startMs, Date.now());
      this.rejected++;
      this.#refused.add(key);
      this.#options.log.error("pushgateway.rejected", { path, status: answer.status, answer: answer.body });
    } catch (error) {
      if (this.#stopped) return;
      this.#options.log.warn("pushgateway.retry", { path, error: messageOf(error) });
      this.#queue.hurry(key);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  #ask(method: "GET" | "PUT" | "DELETE", path: string, body: string): Promise<Answer> {
    const { host, port } = this.#options.address;
    return new Promise((resolve, reject) => {
      const bytes = Buffer.from(body);
      const headers = { "content-type": "text/plain; version=0.0.4", "content-length": bytes.length };
      const asked = request({ host, port, method, path, agent: this.#agent, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          if (text.length < 64 * 1024) text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on("error", reject);
      });
      const deadline = setTimeout(
        () => asked.destroy(new Error(`no answer in ${requestDeadlineMs} ms`)),
        requestDeadlineMs,
      );
      asked.on("error", reject);
      asked.on("close", () => clearTimeout(deadline));
      asked.end(bytes);
    });
  }
}
