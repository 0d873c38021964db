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
  /** The loudest since, and what told of it before it was that loud. @default the episode's, in a file of an older version */
  severity: Loudness.optional(),
  before: z.string().optional(),
});

/** What is known of one name and subject. */
const Episode = z.strictObject({
  name: z.string(),
  subject: z.string(),
  severity: Loudness,
  /** The loudest of this trouble: who heard of it then hears of its end. @default the severity, in a file of an older version */
  loudest: Loudness.optional(),
  message: z.string(),
  /** Stamp of the newest record. */
  newest: Hlc,
  open: z.boolean(),
  /** Stamp of the record that began the present trouble, or the last one, and the notice that told of it. */
  began: Hlc,
  saidBy: z.string(),
  /** Of one that began as a warning and became urgent: what told of it first, and the stamp of the record since which it is. */
  saidBefore: z.string().optional(),
  worse: Hlc.optional(),
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
  /** A trouble that was not there before, or not as bad, told or not. */
  raised?: Notice;
  /** What was told as flapping had settled before the record. */
  settled?: Notice[];
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

  /** Ids of what told of troubles that are there now, or flap. */
  said(): string[] {
    return [...this.#episodes.values()]
      .filter(({ open, flap }) => open || flap !== undefined)
      .flatMap(({ saidBy, saidBefore, flap }) => [
        saidBy,
        saidBefore ?? saidBy,
        flap?.id ?? saidBy,
        flap?.before ?? saidBy,
      ]);
  }

  /** What each trouble that is there now is about, and the stamp of its newest record. */
  open(): { name: string; subject: string; newest: Hlc }[] {
    return [...this.#episodes.values()].filter(({ open }) => open);
  }

  /** A record that came before changes nothing. */
  note(alert: NotedAlert): Noted {
    const settled = this.#settledBefore(alert);
    return { settled, ...this.#noted(alert) };
  }

  /** What has flapped and settled before this record did so whether time was looked at meanwhile or not: both hubs come to the same. */
  #settledBefore(alert: NotedAlert): Notice[] {
    const before = this.#episodes.get(keyOf(alert));
    if (before?.flap === undefined || compareHlc(before.newest, alert.at) >= 0) return [];
    return alert.at.wallMs >= before.flap.turnedMs + flapLimits.settleMs
      ? flapNotices(before, before.flap, alert.at.wallMs)
      : [];
  }

  #noted(alert: NotedAlert): Noted {
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
    if (before?.open) return worsened(before, alert, severity);
    const raisedMs = [...(before?.raisedMs ?? []), at.wallMs]
      .filter((ms) => at.wallMs - ms < flapLimits.windowMs)
      .slice(-flapLimits.told - 1);
    const id = noticeId(at, name, subject);
    const flap = before?.flap;
    const saidBy = flap?.id ?? id;
    const episode: Episode = {
      name,
      subject,
      severity,
      loudest: severity,
      message,
      newest: at,
      open: true,
      began: at,
      saidBy,
      raisedMs,
    };
    if (before?.ended !== undefined) episode.ended = before.ended;
    this.#put(episode);
    if (flap !== undefined) {
      episode.flap = { ...flap, turnedMs: at.wallMs, turns: flap.turns + 1 };
      return flapping(episode, episode.flap, id, alert, severity);
    }
    const flaps = raisedMs.length > flapLimits.told;
    if (flaps) episode.flap = { ...newFlap(id, origin, raisedMs, at.wallMs), severity };
    const notice = noticeOf(episode, flaps ? "flapping" : "raised", id, origin, at.wallMs);
    return { notice, raised: notice };
  }

  #ended(before: Episode | undefined, { at, message, origin }: NotedAlert): Noted {
    // The end of what nobody has heard of is no news.
    if (before === undefined) return {};
    const wasOpen = before.open;
    Object.assign(before, { newest: at, ended: at, open: false, message });
    if (before.flap !== undefined) before.flap = { ...before.flap, turnedMs: at.wallMs };
    if (!wasOpen || before.flap !== undefined) return {};
    const { saidBy, saidBefore } = before;
    const ended = noticeOf({ ...before, severity: loudestOf(before) }, "resolved", endId(saidBy), origin, at.wallMs);
    return { notice: { ...ended, after: saidBy, ...(saidBefore !== undefined && { orAfter: saidBefore }) } };
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

/** Who wants urgent ones alone hears of a warning when it becomes one. */
function worsened(episode: Episode, alert: NotedAlert, severity: Loudness): Noted {
  const { at, message, name, subject } = alert;
  const isWorse = severity === "urgent" && loudestOf(episode) === "warning";
  Object.assign(episode, { newest: at, message, severity, loudest: loudestOf(episode) });
  if (!isWorse) return {};
  if (episode.flap === undefined) return becameUrgent(episode, alert);
  episode.loudest = severity;
  return flapping(episode, episode.flap, noticeId(at, name, subject), alert, severity);
}

function becameUrgent(episode: Episode, { at, name, subject, origin, message }: NotedAlert): Noted {
  const id = noticeId(at, name, subject);
  Object.assign(episode, { loudest: "urgent", saidBefore: episode.saidBy, saidBy: id, worse: at });
  const notice = noticeOf({ ...episode, severity: "urgent", message }, "raised", id, origin, at.wallMs);
  return { notice, raised: notice };
}

/** Of a turn while it flaps nothing is told, unless it is the first that is urgent. */
function flapping(
  episode: Episode,
  flap: z.infer<typeof Flap>,
  id: string,
  { at, origin }: NotedAlert,
  severity: Loudness,
): Noted {
  const raised = noticeOf(episode, "raised", id, origin, at.wallMs);
  if (severity !== "urgent" || (flap.severity ?? severity) === "urgent") return { raised };
  episode.flap = { ...flap, id, severity, before: flap.id };
  episode.saidBy = id;
  const notice: Notice = { ...raised, kind: "flapping" };
  return { notice, raised: notice };
}

const loudestOf = ({ loudest, severity }: Episode): Loudness => loudest ?? severity;

/** A record from before the newest: all that it can say is that the trouble of now began earlier, or was urgent earlier. */
function late(episode: Episode, alert: NotedAlert): Noted {
  const { at, severity, name, subject, origin } = alert;
  const { open, began, ended, flap, saidBy, saidBefore, worse } = episode;
  const isOfNow = severity !== "resolved" && open && flap === undefined;
  if (!isOfNow || (ended !== undefined && compareHlc(at, ended) <= 0)) return {};
  const beganEarlier = compareHlc(at, began) < 0;
  if (beganEarlier) episode.began = at;
  if (severity === "urgent" && loudestOf(episode) === "warning") return becameUrgent(episode, alert);
  const to = noticeId(at, name, subject);
  if (severity === "warning" && loudestOf(episode) === "urgent") {
    if (!beganEarlier) return {};
    Object.assign(episode, { saidBefore: to, worse: worse ?? began });
    return saidBefore === undefined ? {} : { renamed: { from: saidBefore, to, origin } };
  }
  const wasEarlier = severity === "urgent" && worse !== undefined ? compareHlc(at, worse) < 0 : beganEarlier;
  if (!wasEarlier) return {};
  episode.saidBy = to;
  if (worse !== undefined) episode.worse = at;
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
    const severity = flap.severity ?? episode.severity;
    const settled = noticeOf({ ...episode, message, severity }, "settled", `${id} settled`, origin, settledMs);
    // Of one that stands, the end is told to those who heard this.
    if (episode.open) Object.assign(episode, { saidBy: settled.id, loudest: severity });
    return [{ ...settled, after: id, ...(flap.before !== undefined && { orAfter: flap.before }) }];
  }
  if (nowMs < flap.remindMs) return [];
  const { remindMs, sinceMs } = flap;
  const intervalMs = Math.min(flap.intervalMs * 2, flapLimits.remindAtMostMs);
  episode.flap = { ...flap, intervalMs, remindMs: remindMs + intervalMs };
  const message = `raised ${turns} times by now: ${episode.message}`;
  const again = noticeOf(
    { ...episode, message, severity: flap.severity ?? episode.severity },
    "still-flapping",
    `${id} ${remindMs.toString(36)}`,
    origin,
    remindMs,
  );
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
