/**
 * Which records of the other machine may come in: a stamp or an incarnation that lies far in the future would outlive all later
 * ones, here and at each further start.
 */
import type { Account } from "./account.ts";
import { isAhead } from "./hlc.ts";
import type { Batch, RecordBody } from "./record.ts";
import type { SnapshotLine } from "./snapshot.ts";

/** `stamp`: by the clock that judges it; `incarnation`: by no clock. */
export type Inadmissible = "stamp" | "incarnation";

const incarnationName = /^([0-9a-z]{9})-[0-9a-f]{6}$/;
/** More starts than any machine sees; each of them is kept for ever. */
export const maxIncarnations = 20_000;
/** Runs without a hole beyond the first of each incarnation. */
export const maxRanges = 10_000;

/** Wall ms of the start that an incarnation is named for; undefined when the name is none of ours. */
export function startOf(incarnation: string): number | undefined {
  const [, time] = incarnationName.exec(incarnation) ?? [];
  return time === undefined ? undefined : Number.parseInt(time, 36);
}

/** @param account what is held of that origin's stream already */
export function whyInadmissible(batch: Batch, account: Account, nowMs: number): Inadmissible | undefined {
  const startMs = startOf(batch.incarnation);
  if (startMs === undefined) return "incarnation";
  if (isStampedAhead(batch, nowMs)) return "stamp";
  if (!account.knows(batch.incarnation)) return account.incarnations >= maxIncarnations ? "incarnation" : undefined;
  if (account.continues(batch.incarnation, batch.firstSeq)) return undefined;
  return account.ranges >= maxRanges ? "incarnation" : undefined;
}

/** Whether a batch, or the start of the hub that made it, lies far ahead of this time. */
export function isStampedAhead(
  { incarnation, records }: Pick<Batch, "incarnation" | "records">,
  nowMs: number,
): boolean {
  return (
    isAhead({ wallMs: startOf(incarnation) ?? 0 }, nowMs) || records.some((record) => isRecordAhead(record, nowMs))
  );
}

function isRecordAhead(record: RecordBody, nowMs: number): boolean {
  return isAhead(record.at, nowMs) || (record.kind === "push" && !!record.upTo && isAhead(record.upTo.at, nowMs));
}

/** Whether a line of the other machine's snapshot may be taken in. */
export function whyLineInadmissible(
  line: SnapshotLine,
  machines: readonly string[],
  nowMs: number,
): Inadmissible | "ledger" | undefined {
  switch (line.is) {
    case "account":
    case "noted": {
      if (!machines.includes(line.origin)) return "ledger";
      const ranges = line.held.reduce((sum, [, stretches]) => sum + stretches.length, 0);
      if (line.held.length > maxIncarnations || ranges > maxIncarnations + maxRanges) return "incarnation";
      const starts = line.held.map(([incarnation]) => startOf(incarnation));
      if (starts.includes(undefined)) return "incarnation";
      return starts.some((wallMs = 0) => isAhead({ wallMs }, nowMs)) ? "stamp" : undefined;
    }
    case "group": {
      const stamps = [line.cleared, line.deleted, line.written, ...line.families.map(({ stamp }) => stamp)];
      return stamps.some((stamp) => stamp !== undefined && isAhead(stamp.at, nowMs)) ? "stamp" : undefined;
    }
    case "unnumbered":
      return machines.includes(line.origin) ? undefined : "ledger";
    case "health":
      return isAhead(line.change.at, nowMs) ? "stamp" : undefined;
    case "alert":
      return isAhead(line.alert.at, nowMs) ? "stamp" : undefined;
    case "client":
    case "clock":
      return undefined;
  }
}
