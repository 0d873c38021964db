/**
 * Looks again and again at what the Pushgateway holds, to find what others did to it: a group that is missing is to be fed
 * again, one that was pushed straight to it is adopted, and one that no hub would have taken is put back.
 */
import type { Agent } from "node:http";
import type { FullSighting, Sighting } from "../core/gateway-groups.ts";
import type { GroupBounds } from "../core/gateway-splitter.ts";
import { GatewayWatch, type Known } from "../core/gateway-watch.ts";
import { groupPath } from "../core/group-path.ts";
import { type GatewayAddress, type GroupSighting, lookAtGroups, lookAtPushTimes, lookInto } from "./gateway-look.ts";
import { type Log, messageOf } from "./log.ts";
import type { Adoption } from "./straight-push.ts";

export interface GatewayLooksOptions {
  address: GatewayAddress;
  agent: Agent;
  /** Keys of all groups that are. */
  keys(): Iterable<string>;
  known(key: string): Known;
  /** Keys whose feeds wait or are under way. */
  unfed(): Iterable<string>;
  /** When the Pushgateway was started, as last heard; undefined while it cannot be reached, or nothing is to be looked at. */
  startTime(): string | undefined;
  askStartTime(): Promise<string>;
  /** Whether this hub holds all that the pair has stored. */
  settled(): boolean;
  /** Takes over a group that was pushed straight to the Pushgateway. */
  adopt(sighting: FullSighting): Promise<Adoption>;
  /** Beyond them a group that was pushed straight to the Pushgateway is put back unread. */
  groupBounds: GroupBounds;
  feed(keys: readonly string[]): void;
  /** The group need not be fed: a feed would undo what was pushed straight to the Pushgateway before its time came. */
  unfeed(key: string): void;
  /** Takes a group away of which the hub knows nothing. */
  remove(key: string, path: string): void;
  /** Between two looks, ms, or ten times as long as the last one took where that is more. @default 1000 */
  lookEveryMs?: number | undefined;
  log: Log;
}

/** A large Pushgateway takes long to say what it holds: one core is a tenth busy with it at most. */
const share = 10;

export class GatewayLooks {
  readonly #options: GatewayLooksOptions;
  readonly #everyMs: number;
  readonly #watch = new GatewayWatch();
  /** Keys that were changed or fed since the look under way began. */
  readonly #touched = new Set<string>();
  #timer: NodeJS.Timeout;
  #sinceMs: number | undefined;
  /** What the look under way has taken the Pushgateway so far. */
  #tookMs = 0;
  #stopped = false;
  /** Looks that have ended. */
  ended = 0;
  /** Groups taken over that were pushed straight to the Pushgateway. */
  adopted = 0;
  /** Groups that were pushed straight to it and that no hub would have taken. */
  putBack = 0;

  constructor(options: GatewayLooksOptions) {
    this.#options = options;
    this.#everyMs = options.lookEveryMs ?? 1_000;
    this.#timer = setTimeout(() => void this.#round(), this.#everyMs);
  }

  /** The group changes, or a feed of it begins or ends. */
  touch(key: string): void {
    this.#touched.add(key);
  }

  /** The Pushgateway took a PUT or DELETE of the group; wall times, ms. */
  fed(key: string, startMs: number, endMs: number): void {
    this.#watch.fed(key, startMs, endMs);
  }

  /** Whether the Pushgateway may hold the group. */
  mayHold(key: string): boolean {
    return this.#watch.mayHold(key);
  }

  /** The Pushgateway was started anew. */
  forget(): void {
    this.#watch.forget();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    const startTime = this.#options.startTime();
    this.#tookMs = 0;
    try {
      if (startTime !== undefined) await this.#look(startTime);
    } catch (error) {
      if (!this.#stopped) this.#options.log.warn("pushgateway.unread", { error: messageOf(error) });
    }
    if (this.#stopped) return;
    this.ended++;
    this.#timer = setTimeout(() => void this.#round(), Math.max(this.#everyMs, share * this.#tookMs));
  }

  async #look(startTime: string): Promise<void> {
    const { address, agent, groupBounds, keys, known, unfed, settled, feed, askStartTime, log } = this.#options;
    this.#sinceMs ??= Date.now();
    this.#touched.clear();
    for (const key of unfed()) this.#touched.add(key);
    const sightings = await this.#timed(
      async () => (await lookAtPushTimes(address, agent)) ?? (await lookAtGroups(address, agent, groupBounds)),
    );
    // A Pushgateway that was started anew meanwhile is another one.
    if (this.#stopped || this.#options.startTime() !== startTime) return;
    const look = { sightings, touched: this.#touched, known, keys: keys(), sinceMs: this.#sinceMs, settled: settled() };
    const { refeed, straight } = this.#watch.judge(look);
    if (refeed.length > 0) {
      log.warn("pushgateway.differs", { groups: refeed.length, first: refeed[0] });
      feed(refeed);
    }
    if (straight.length === 0) return;
    const whole = await this.#timed(() => lookInto(address, agent, new Set(straight), groupBounds));
    // One that was started anew a moment ago shows the old states of its file, which must not pass for pushes.
    if ((await askStartTime()) === startTime) await this.#adoptAll(whole);
  }

  async #timed<T>(ask: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    try {
      return await ask();
    } finally {
      this.#tookMs += performance.now() - startedMs;
    }
  }

  async #adoptAll(sightings: readonly GroupSighting[]): Promise<void> {
    for (const sighting of sightings) {
      // What was pushed to a hub meanwhile is newer, and is on its way to the Pushgateway.
      if (this.#stopped || this.#touched.has(sighting.key)) continue;
      const { body } = sighting;
      this.#follow(sighting, body === undefined ? this.#tooLarge() : await this.#options.adopt({ ...sighting, body }));
    }
  }

  #tooLarge(): Adoption {
    const { bytes, pairs, metricPairs } = this.#options.groupBounds;
    const most = `${bytes} bytes, ${pairs} labels and values, or ${metricPairs} of one metric`;
    return { kind: "refused", reason: `it is larger than what is read of a group: ${most}` };
  }

  #follow(sighting: Sighting, adoption: Adoption): void {
    const { key, group } = sighting;
    const { known, feed, unfeed, remove, log } = this.#options;
    switch (adoption.kind) {
      case "equal":
        this.#watch.equal(sighting);
        return;
      case "adopted":
        this.adopted++;
        log.info("pushgateway.adopted", { group: key });
        if (!adoption.equal) return;
        this.#watch.equal(sighting);
        unfeed(key);
        return;
      case "waits":
        log.warn("pushgateway.adoption_waits", { group: key, reason: adoption.reason });
        return;
      case "refused":
        this.putBack++;
        log.error("pushgateway.put_back", { group: key, reason: adoption.reason });
        if (known(key) === "nothing") remove(key, groupPath(group));
        else feed([key]);
    }
  }
}
