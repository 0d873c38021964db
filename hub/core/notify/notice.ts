/** What people are told about an alert. Both hubs come to the same notices under the same ids by themselves, from the records alone. */
import { z } from "zod";
import { type Hlc, WallMs } from "../hlc.ts";

export const Loudness = z.enum(["urgent", "warning"]);
export type Loudness = z.infer<typeof Loudness>;

export const Notice = z.strictObject({
  id: z.string(),
  /** `flapping`: raised too often to say each time; `settled`: it does not turn any more. */
  kind: z.enum(["raised", "resolved", "flapping", "still-flapping", "settled"]),
  name: z.string(),
  subject: z.string(),
  severity: Loudness,
  message: z.string(),
  /** Machine whose hub stored the record behind it, and tells it first; empty when a snapshot does not say any more. */
  origin: z.string(),
  /** Since when the trouble is there that it is about, wall ms. */
  sinceMs: WallMs,
  /** When what it says happened, wall ms. */
  atMs: WallMs,
  /** From when on it may be told, wall ms: the turns of the hubs are counted from there. */
  dueMs: WallMs,
  /** Told only where this one was told before. */
  after: z.string().optional(),
  /** Or this one. */
  orAfter: z.string().optional(),
});
export type Notice = z.infer<typeof Notice>;

/**
 * By the record's stamp and what it is about, not by its sequence: a snapshot keeps an alert that stands, and not its sequence. Two
 * records of one stamp about one thing are one alert.
 */
export const noticeId = (at: Hlc, name: string, subject: string): string =>
  `${at.wallMs.toString(36)}-${at.counter} ${name} ${subject}`;

/** Of the end of what another notice has told. */
export const endId = (id: string): string => `${id} end`;

/** Whether a channel that wants at least this hears of it. */
export const isLoudEnough = (severity: Loudness, atLeast: Loudness): boolean =>
  severity === "urgent" || atLeast === "warning";
