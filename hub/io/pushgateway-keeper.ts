/**
 * Keeps this machine's real Pushgateway equal to the fold. Changed groups are fed coalesced, the newest state of each at a
 * time, so that the Pushgateway never sets the pace of ingest; one that restarted is filled again from the fold, and what
 * others did to it is found by looking: a missing group is fed again, one that was pushed straight to it is adopted.
 */
import { Agent, request } from "node:http";
import { z } from "zod";
import { FeedQueue } from "../core/feed-queue.ts";
import type { FullSighting } from "../core/gateway-groups.ts";
import { GatewayWatch, type Known } from "../core/gateway-watch.ts";
import { groupPath } from "../core/group-path.ts";
import { lookAtAll, lookAtPushTimes } from "./gateway-look.ts";
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
  /** Keys of all groups that are, or that were deleted. */
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
  log: Log;
}

const concurrency = 4;
const requestDeadlineMs = 5_000;
const statusEveryMs = 500;
const retryMs = 200;
/** Between two looks, ms, or ten times as long as the last one took: a large Pushgateway takes long to say what it holds. */
const lookEveryMs = 1_000;
const lookShare = 10;

const Status = z.object({ data: z.object({ start_time: z.string() }) });

interface Answer {
  status: number;
  body: string;
}

export class PushgatewayKeeper {
  readonly #options: PushgatewayKeeperOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: concurrency + 1 });
  readonly #queue = new FeedQueue();
  /** Being fed: a newer state of the same group waits, or the older one could arrive last. */
  readonly #busy = new Set<string>();
  readonly #watch = new GatewayWatch();
  /** Keys that were changed or fed since the look under way began. */
  readonly #touched = new Set<string>();
  /** Refused groups of nobody's, to be taken away: their paths by key. */
  readonly #strays = new Map<string, string>();
  /** Refused by the Pushgateway, so not to be fed again before they change. */
  readonly #refused = new Set<string>();
  #lookTimer: NodeJS.Timeout | undefined;
  #lookingSinceMs: number | undefined;
  #startTime = "";
  #reachable = false;
  #statusTimer: NodeJS.Timeout | undefined;
  #feedTimer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Groups that the Pushgateway refused; each is tried again when it changes or the Pushgateway restarts. */
  rejected = 0;
  /** Looks that have ended. */
  looks = 0;
  /** Groups taken over that were pushed straight to the Pushgateway. */
  adopted = 0;
  /** Groups that were pushed straight to it and that the hub would not have taken: they were put back. */
  putBack = 0;

  constructor(options: PushgatewayKeeperOptions) {
    this.#options = options;
    void this.#followStatus();
    this.#lookTimer = setTimeout(() => void this.#followGroups(), lookEveryMs);
  }

  /** Groups that still differ from the fold, as far as is known. */
  get pending(): number {
    return this.#queue.size + this.#busy.size;
  }

  changed(keys: Iterable<string>): void {
    for (const key of keys) {
      this.#touched.add(key);
      this.#refused.delete(key);
      this.#queue.add(key);
    }
    this.#work();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#feedTimer);
    clearTimeout(this.#statusTimer);
    clearTimeout(this.#lookTimer);
    this.#agent.destroy();
  }

  /** A new start time means an empty Pushgateway, or one with an old persistence file: all groups are fed again. */
  async #followStatus(): Promise<void> {
    try {
      const answer = await this.#ask("GET", "/api/v1/status", "");
      const { start_time } = Status.parse(JSON.parse(answer.body)).data;
      if (start_time !== this.#startTime) {
        this.#options.log.info("pushgateway.refill", { startTime: start_time });
        this.#startTime = start_time;
        this.#watch.forget();
        this.changed(this.#options.keys());
      }
      this.#reachable = true;
      this.#work();
    } catch (error) {
      if (this.#reachable) this.#options.log.warn("pushgateway.unreachable", { error: messageOf(error) });
      this.#reachable = false;
    }
    if (!this.#stopped) this.#statusTimer = setTimeout(() => void this.#followStatus(), statusEveryMs);
  }

  async #followGroups(): Promise<void> {
    const startedMs = performance.now();
    try {
      if (this.#reachable && this.#options.ready()) await this.#look();
    } catch (error) {
      if (!this.#stopped && this.#reachable) this.#options.log.warn("pushgateway.unread", { error: messageOf(error) });
    }
    if (this.#stopped) return;
    this.looks++;
    const waitMs = Math.max(lookEveryMs, lookShare * (performance.now() - startedMs));
    this.#lookTimer = setTimeout(() => void this.#followGroups(), waitMs);
  }

  async #look(): Promise<void> {
    const { address, keys, known, settled } = this.#options;
    const startTime = this.#startTime;
    this.#lookingSinceMs ??= Date.now();
    this.#touched.clear();
    for (const key of [...this.#queue.keys(), ...this.#busy]) this.#touched.add(key);
    const times = await lookAtPushTimes(address, this.#agent);
    const sightings = times ?? (await lookAtAll(address, this.#agent));
    // A Pushgateway that was started anew meanwhile is another one.
    if (this.#stopped || this.#startTime !== startTime) return;
    const { refeed, straight } = this.#watch.judge({
      sightings,
      touched: this.#touched,
      known,
      keys: keys(),
      sinceMs: this.#lookingSinceMs,
      settled: settled(),
    });
    const again = refeed.filter((key) => !this.#refused.has(key));
    if (again.length > 0) this.#options.log.warn("pushgateway.differs", { groups: again.length, first: again[0] });
    for (const key of again) this.#queue.hurry(key);
    this.#work();
    if (straight.length > 0) await this.#adoptAll(await lookAtAll(address, this.#agent, new Set(straight)));
  }

  async #adoptAll(sightings: readonly FullSighting[]): Promise<void> {
    for (const sighting of sightings) {
      const { key } = sighting;
      // What was pushed to a hub meanwhile is newer, and is on its way to the Pushgateway.
      if (this.#stopped || this.#touched.has(key)) continue;
      const adoption = await this.#options.adopt(sighting);
      this.#adopted(sighting, adoption);
    }
  }

  #adopted(sighting: FullSighting, adoption: Adoption): void {
    const { key, group } = sighting;
    const { log } = this.#options;
    switch (adoption.kind) {
      case "equal":
        this.#watch.equal(sighting);
        return;
      case "adopted":
        this.adopted++;
        log.info("pushgateway.adopted", { group: key });
        return;
      case "waits":
        log.warn("pushgateway.adoption_waits", { group: key, reason: adoption.reason });
        return;
      case "refused":
        this.putBack++;
        log.error("pushgateway.put_back", { group: key, reason: adoption.reason });
        if (this.#options.known(key) === "nothing") this.#strays.set(key, groupPath(group));
        this.#queue.hurry(key);
        this.#work();
    }
  }

  #work(): void {
    if (this.#stopped) return;
    const nowMs = performance.now();
    const nextMs = this.#queue.tick(nowMs);
    if (nextMs !== undefined) this.#feedTimer ??= setTimeout(() => this.#onFeedTime(), Math.max(1, nextMs - nowMs));
    while (this.#reachable && this.#busy.size < concurrency) {
      const key = this.#queue.take(this.#busy);
      if (key === undefined) return;
      this.#busy.add(key);
      this.#queue.fed(key, nowMs);
      void this.#feed(key).finally(() => {
        this.#busy.delete(key);
        this.#work();
      });
    }
  }

  #onFeedTime(): void {
    this.#feedTimer = undefined;
    this.#work();
  }

  async #feed(key: string): Promise<void> {
    let path = key;
    try {
      const { path: groupPath = this.#strays.get(key), text } = this.#options.group(key) ?? { text: undefined };
      this.#strays.delete(key);
      if (groupPath === undefined) return;
      path = groupPath;
      this.#touched.add(key);
      const startMs = Date.now();
      const answer = await this.#ask(text === undefined ? "DELETE" : "PUT", path, text ?? "");
      this.#touched.add(key);
      if (answer.status < 300) return this.#watch.fed(key, startMs, Date.now());
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
