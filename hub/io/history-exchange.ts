/** What one hub tells the other of its history, for minutes in which that one was away. */
import { z } from "zod";
import type { HistoryRing, MinuteRow } from "../core/history/ring.ts";
import { nameOf, PackedRow, pack, unpack } from "./history-files.ts";

export const historyExchangePath = "/internal/v1/history";

/** Most minutes of one answer. */
export const exchangedAtOnce = 120;

/** A newer hub may tell more. */
export const HistoryMessage = z.object({
  v: z.literal(1),
  machine: z.string(),
  /** Of the cells, in their order. */
  ids: z.array(z.string()),
  /** Minutes of which something is known. */
  rows: z.array(PackedRow).max(exchangedAtOnce),
});
export type HistoryMessage = z.infer<typeof HistoryMessage>;

export function tellHistory(ring: HistoryRing, machine: string, from: number, minutes: number): HistoryMessage {
  const name = nameOf(ring.ids);
  const wanted = Array.from({ length: Math.min(minutes, exchangedAtOnce) }, (_, i) => from + i);
  const rows = wanted.flatMap((minute) => ring.row(minute) ?? []).map((row) => pack(row, name));
  return { v: 1, machine, ids: [...ring.ids], rows };
}

/** Fills a gap with it. @returns the rows that are known of now */
export function takeHistory(ring: HistoryRing, message: HistoryMessage, from: number, minutes: number): MinuteRow[] {
  const areSame = nameOf(message.ids) === nameOf(ring.ids);
  const told = message.rows
    .filter(({ minute }) => minute >= from && minute < from + minutes)
    .map((row) => unpack(row, message.ids, ring.ids, areSame));
  for (const row of told) ring.fill(row);
  const known = new Set(told.map(({ minute }) => minute));
  for (let minute = from; minute < from + minutes; minute++) if (!known.has(minute)) ring.giveUp(minute);
  return told;
}
