/**
 * How much may be pushed: at once, into one group, by one job, and in all. They are judged where a push is taken and nowhere else:
 * what is stored, or what the peer has taken, folds alike at both hubs, whatever their limits are or were.
 */
import { z } from "zod";

const most = (value: number) => z.number().int().positive().default(value);
const mebi = 1024 * 1024;

/** Where a limit on all counts only what a push adds: one that leaves its group no larger than it is, is taken at any fill. */
export const PushLimits = z.strictObject({
  /** Series of one push; ten thousand are read and folded in some 100 ms. */
  seriesPerPush: most(10_000),
  /** Metric names of one push. */
  familiesPerPush: most(2_000),
  /** What a push takes with its group's labels on every line, as `textCharacters` counts: a long path makes 1,000 times the body of it. */
  textCharactersPerPush: most(6 * mebi),
  /** Series of one group, which POSTs may fill bit by bit. */
  seriesPerGroup: most(20_000),
  /** Labels of a group, its job included; each stands on each of its series. */
  groupingLabels: most(10),
  /** Names and values of a group's labels together, characters. */
  pathCharacters: most(4_096),
  /** Labels of one series, without its group's. */
  labelsPerSeries: most(40),
  labelNameCharacters: most(200),
  labelValueCharacters: most(2_048),
  metricNameCharacters: most(200),
  /** Of a HELP line. */
  helpCharacters: most(1_024),
  /** Sets of grouping labels' names in which one metric name stands: the check of a push costs series times sets. */
  shapesPerFamily: most(16),
  /** Series of all groups; 100,000 take about 100 MB. */
  series: most(250_000),
  /** Series of one job, so that one leaves room for the others. */
  seriesPerJob: most(50_000),
  /** Series of all jobs together that the inventory does not name, so that nobody takes more by many names. */
  guestSeries: most(50_000),
  /** Groups that exist. */
  groups: most(10_000),
  groupsPerJob: most(1_000),
  /** Groups of all jobs together that the inventory does not name. */
  guestGroups: most(2_000),
  /** Deleted groups that are remembered, beyond which a DELETE of a group that never was is refused. */
  tombstones: most(20_000),
  /** Groups together with the deleted ones that are remembered, beyond which no new one is taken. */
  rememberedGroups: most(200_000),
  /**
   * What all groups and the names of deleted ones take of a snapshot, bytes of JSON: a quotation mark is two, a control character six,
   * one of Chinese three. With a quarter more, which longer values may take, it is five eighths of the largest snapshot.
   */
  textCharacters: most(128 * mebi),
  /** Bodies that are being read, and records that wait to be stored, bytes together; room for some of the largest. */
  bytesUnderWay: most(64 * mebi),
});
export type PushLimits = z.infer<typeof PushLimits>;
export type LimitName = keyof PushLimits;

export const limitNames = PushLimits.keyof().options;

/** Which limit is passed, and what to say about it. */
export interface OverLimit {
  limit: LimitName;
  reason: string;
}
