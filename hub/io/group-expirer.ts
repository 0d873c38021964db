/** Appends the DELETEs of groups that have expired, once a second, and again while the store does not take them. */
import { type ExpiringGroup, type ExpiryView, expiredGroups } from "../core/fold/expiry.ts";
import type { Candidate } from "../core/fold/fold.ts";
import { groupKey } from "../core/group-path.ts";
import type { AppendOutcome } from "./journal.ts";
import { type Log, messageOf } from "./log.ts";

export interface GroupExpirerOptions {
  groups(): Iterable<ExpiringGroup>;
  /** Undefined while the records are not read back: what is known then may be long outdated. */
  view(): ExpiryView | undefined;
  append(push: Candidate): Promise<AppendOutcome>;
  log: Log;
  /** Between two looks, ms. @default 1000 */
  everyMs?: number;
}

/** DELETEs under way at once, so that they leave room in the queue for pushes. */
const maxUnderWay = 256;

export class GroupExpirer {
  readonly #options: GroupExpirerOptions;
  readonly #underWay = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: GroupExpirerOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), options.everyMs ?? 1_000);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const view = this.#options.view();
    if (view === undefined) return;
    for (const push of expiredGroups(this.#options.groups(), view)) {
      if (this.#underWay.size >= maxUnderWay) return;
      const key = groupKey(push.group);
      if (!this.#underWay.has(key)) void this.#delete(key, push);
    }
  }

  async #delete(key: string, push: Candidate): Promise<void> {
    const { append, log } = this.#options;
    this.#underWay.add(key);
    try {
      const outcome = await append(push);
      if (outcome.kind === "stored" || outcome.kind === "spooled") log.info("group.expired", { group: key });
      else log.warn("group.expiry_waits", { group: key, reason: outcome.reason });
    } catch (error) {
      log.error("group.expiry_waits", { group: key, error: messageOf(error) });
    } finally {
      this.#underWay.delete(key);
    }
  }
}
