/** Makes notices of alert records: one when a trouble begins and one when it ends, and few while it comes and goes (damping). */
import { z } from "zod";
import { compareHlc, Hlc, WallMs } from "../hlc.ts";
import type { Alert } from "../record.ts";
import { endId, Loudness, type Notice, noticeId } from "./notice.ts";

export const flapLimits = {
  /** So many raises within the window are told one by one. */
  told: 3,
  windowMs: 10 * 60_000,
  /** Without a turn for so long it has settled. */
  settleMs: 10 * 60_000,
  /** It is said again after this, each time after twice as long. */
  remindMs: 10 * 60_000,
  remindAtMostMs: 4 * 3_600_000,
} as const;

const Flap = z.strictObject({
  /** Of the notice that said so. */
  id: z.string(),
  origin: z.string(),
  sinceMs: WallMs,
  turnedMs: WallMs,
  turns: z.number().int(),
  remindMs: WallMs,
  intervalMs: z.number().positive(),
});

/** What is known of one name and subject. */
const Episode = z.strictObject({
  name: z.string(),
  subject: z.string(),
  severity: Loudness,
  message: z.string(),
  /** Stamp of the newest record. */
  newest: Hlc,
  open: z.boolean(),
  /** Stamp of the record that began the present trouble, or the last one, and the notice that told of it. */
  began: Hlc,
  saidBy: z.string(),
  ended: Hlc.optional(),
  /** When it was raised last, wall ms: no more than it takes to find out that it flaps. */
  raisedMs: z.array(WallMs),
  flap: Flap.optional(),
});
type Episode = z.infer<typeof Episode>;

export const EpisodeDumps = z.array(Episode);
export type EpisodeDumps = z.infer<typeof EpisodeDumps>;

/** A record as the hubs know it. */
export type NotedAlert = Omit<Alert, "kind"> & { origin: string };

export interface Noted {
  notice?: Notice;
  /** The trouble began earlier than was known: what was told under `from` was this. */
  renamed?: { from: string; to: string; origin: string };
}

/** What ended so long ago is forgotten, and the oldest beyond so many. */
const forgetAfterMs = 24 * 3_600_000;
const maxEpisodes = 2_000;

/** Mutable. */
export class Episodes {
  readonly #episodes = new Map<string, Episode>();

  constructor(dumps: EpisodeDumps = []) {
    for (const episode of dumps) this.#episodes.set(keyOf(episode), episode);
  }

  dump(): EpisodeDumps {
    return [...this.#episodes.values()];
  }

  /** Whether this notice tells of a trouble that is there now. */
  stands({ id, name, subject }: Pick<Notice, "id" | "name" | "subject">): boolean {
    const episode = this.#episodes.get(keyOf({ name, subject }));
    return episode?.open === true && episode.saidBy === id;
  }

  /** What each trouble that is there now is about, and the stamp of its newest record. */
  open(): { name: string; subject: string; newest: Hlc }[] {
    return [...this.#episodes.values()].filter(({ open }) => open);
  }

  /** A record that came before changes nothing. */
  note(alert: NotedAlert): Noted {
    const before = this.#episodes.get(keyOf(alert));
    const order = before === undefined ? -1 : compareHlc(before.newest, alert.at);
    if (before !== undefined && order >= 0) return order === 0 ? {} : late(before, alert);
    return alert.severity === "resolved" ? this.#ended(before, alert) : this.#raised(before, alert, alert.severity);
  }

  /** What time alone makes worth telling. */
  tick(nowMs: number): Notice[] {
    const notices: Notice[] = [];
    for (const [key, episode] of this.#episodes) {
      if (episode.flap !== undefined) notices.push(...flapNotices(episode, episode.flap, nowMs));
      const isOver = !episode.open && episode.flap === undefined;
      if (isOver && nowMs - episode.newest.wallMs > forgetAfterMs) this.#episodes.delete(key);
    }
    return notices;
  }

  #raised(before: Episode | undefined, alert: NotedAlert, severity: Loudness): Noted {
    const { name, subject, at, message, origin } = alert;
    if (before?.open) {
      Object.assign(before, { newest: at, message, severity });
      return {};
    }
    const raisedMs = [...(before?.raisedMs ?? []), at.wallMs]
      .filter((ms) => at.wallMs - ms < flapLimits.windowMs)
      .slice(-flapLimits.told - 1);
    const id = noticeId(at, name, subject);
    const flap = before?.flap;
    const saidBy = flap?.id ?? id;
    const episode: Episode = { name, subject, severity, message, newest: at, open: true, began: at, saidBy, raisedMs };
    if (before?.ended !== undefined) episode.ended = before.ended;
    this.#put(episode);
    if (flap !== undefined) {
      episode.flap = { ...flap, turnedMs: at.wallMs, turns: flap.turns + 1 };
      return {};
    }
    const flaps = raisedMs.length > flapLimits.told;
    if (flaps) episode.flap = newFlap(id, origin, raisedMs, at.wallMs);
    return { notice: noticeOf(episode, flaps ? "flapping" : "raised", id, origin, at.wallMs) };
  }

  #ended(before: Episode | undefined, { at, message, origin }: NotedAlert): Noted {
    // The end of what nobody has heard of is no news.
    if (before === undefined) return {};
    const wasOpen = before.open;
    Object.assign(before, { newest: at, ended: at, open: false, message });
    if (before.flap !== undefined) before.flap = { ...before.flap, turnedMs: at.wallMs };
    if (!wasOpen || before.flap !== undefined) return {};
    const { saidBy } = before;
    return { notice: { ...noticeOf(before, "resolved", endId(saidBy), origin, at.wallMs), after: saidBy } };
  }

  #put(episode: Episode): void {
    const key = keyOf(episode);
    this.#episodes.delete(key);
    this.#episodes.set(key, episode);
    if (this.#episodes.size <= maxEpisodes) return;
    for (const [oldest, { open }] of this.#episodes) {
      if (open) continue;
      this.#episodes.delete(oldest);
      return;
    }
  }
}

/** A record from before the newest: all that it can say is that the trouble of now began earlier. */
function late(episode: Episode, { at, severity, name, subject, origin }: NotedAlert): Noted {
  const { open, began, ended, flap, saidBy } = episode;
  const beganEarlier = severity !== "resolved" && open && flap === undefined && compareHlc(at, began) < 0;
  if (!beganEarlier || (ended !== undefined && compareHlc(at, ended) <= 0)) return {};
  const to = noticeId(at, name, subject);
  Object.assign(episode, { began: at, saidBy: to });
  return { renamed: { from: saidBy, to, origin } };
}

function newFlap(id: string, origin: string, raisedMs: readonly number[], atMs: number): z.infer<typeof Flap> {
  const { remindMs: intervalMs } = flapLimits;
  const [sinceMs = atMs] = raisedMs;
  return { id, origin, sinceMs, turnedMs: atMs, turns: raisedMs.length, remindMs: atMs + intervalMs, intervalMs };
}

function flapNotices(episode: Episode, flap: z.infer<typeof Flap>, nowMs: number): Notice[] {
  const { id, origin, turns } = flap;
  const settledMs = flap.turnedMs + flapLimits.settleMs;
  if (nowMs >= settledMs) {
    delete episode.flap;
    episode.raisedMs = [];
    const message = `${episode.open ? "it stands" : "it is over"} since it was raised ${turns} times: ${episode.message}`;
    const settled = noticeOf({ ...episode, message }, "settled", `${id} settled`, origin, settledMs);
    // Of one that stands, the end is told to those who heard this.
    if (episode.open) episode.saidBy = settled.id;
    return [{ ...settled, after: id }];
  }
  if (nowMs < flap.remindMs) return [];
  const { remindMs, sinceMs } = flap;
  const intervalMs = Math.min(flap.intervalMs * 2, flapLimits.remindAtMostMs);
  episode.flap = { ...flap, intervalMs, remindMs: remindMs + intervalMs };
  const message = `raised ${turns} times by now: ${episode.message}`;
  const again = noticeOf({ ...episode, message }, "still-flapping", `${id} ${remindMs.toString(36)}`, origin, remindMs);
  return [{ ...again, sinceMs, after: id }];
}

function noticeOf(
  { name, subject, severity, message, began }: Episode,
  kind: Notice["kind"],
  id: string,
  origin: string,
  atMs: number,
): Notice {
  return { id, kind, name, subject, severity, message, origin, sinceMs: began.wallMs, atMs, dueMs: atMs };
}

const keyOf = ({ name, subject }: { name: string; subject: string }) => `${name} ${subject}`;
