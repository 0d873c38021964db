/**
 * What a snapshot consists of: everything that the records up to some place amount to, so that a start reads only what came
 * behind it. All of it can be taken in over what is known already, and more than once, without a change.
 */
import { z } from "zod";
import { AccountDump, Cover, Mark } from "./account.ts";
import { ClientDump } from "./client-book.ts";
import { metricTypes } from "./exposition/family.ts";
import { Hlc } from "./hlc.ts";
import { Alert, ExpiryMs, HealthChange, Push, RecordPosition, StreamKind } from "./record.ts";

const Stamp = z.strictObject({ at: Hlc, machine: z.string() });
const Count = z.number().int().nonnegative();

const Family = z
  .strictObject({
    name: z.string(),
    type: z.enum(metricTypes),
    help: z.string().optional(),
    text: z.string(),
    series: Count,
    stamp: Stamp,
  })
  .transform((family) => ({ ...family, help: family.help }));

/** One line of a snapshot, as JSON. Lines of one kind stand together, in the order given here. */
export const SnapshotLine = z.discriminatedUnion("is", [
  /** What the streams held when the snapshot was begun. */
  z.strictObject({ is: z.literal("account"), stream: StreamKind, origin: z.string(), ...AccountDump.shape }),
  z.strictObject({
    is: z.literal("group"),
    group: Push.shape.group,
    cleared: Stamp.optional(),
    deleted: Stamp.optional(),
    written: Stamp.optional(),
    expiresAfterMs: ExpiryMs.optional(),
    families: z.array(Family),
  }),
  /** What was noted in the book of clients and the memory of health when the snapshot was ended. */
  z.strictObject({ is: z.literal("noted"), stream: StreamKind, origin: z.string(), ...AccountDump.shape }),
  z.strictObject({ is: z.literal("client"), ...ClientDump.shape }),
  z.strictObject({ is: z.literal("unnumbered"), origin: z.string(), count: Count }),
  z.strictObject({ is: z.literal("health"), change: HealthChange }),
  /** One that stands. */
  z.strictObject({ is: z.literal("alert"), alert: Alert }),
  z.strictObject({ is: z.literal("clock"), now: Hlc }),
]);
export type SnapshotLine = z.infer<typeof SnapshotLine>;

/** How far a snapshot has read a stream of its machine's domain. */
export const StreamPlace = z.strictObject({
  /** When the stream was made: another one of the same name has sequences of its own. */
  created: z.string(),
  /** Everything up to this sequence of the stream is in the snapshot. */
  seq: Count,
  /** Id of the message there, which tells a stream that lost its end from one that went on; empty when there is none. */
  id: z.string(),
});
export type StreamPlace = z.infer<typeof StreamPlace>;

/** An earlier place up to which a stream may be purged once the peer has the records' effect in a snapshot too. */
export const PurgeMark = z.strictObject({
  ...Mark.shape,
  /** When the stream was made in which the place is. */
  created: z.string(),
  streamSeq: Count,
  atMs: z.number().nonnegative(),
});
export type PurgeMark = z.infer<typeof PurgeMark>;

/** By `<stream>/<origin>`. */
export const Marks = z.record(z.string(), Mark);
export type Marks = z.infer<typeof Marks>;

/** By `<stream>/<origin>`. */
export const Covers = z.record(z.string(), Cover);
export type Covers = z.infer<typeof Covers>;

/** Closes a snapshot: without it the parts before it are no snapshot. */
export const SnapshotManifest = z.strictObject({
  v: z.literal(1),
  machine: z.string(),
  /** Wall time at its beginning, ms. */
  atMs: z.number().nonnegative(),
  /** Messages that carry its lines, the first one's sequence, lines, and SHA-256 of all their bytes. */
  parts: Count,
  firstSeq: Count,
  lines: Count,
  sha256: z.string(),
  /** By `<stream>/<origin>`. */
  places: z.record(z.string(), StreamPlace),
  /** Of whose streams everything up to a mark is in the snapshot. */
  covers: Covers,
  /** What need not be in a stream any more, as of this snapshot. */
  settled: Marks,
  /** Where streams may be purged later, oldest first. */
  purgeMarks: z.record(z.string(), z.array(PurgeMark)),
  /** How far the peer had copied this machine's streams. */
  copied: z.partialRecord(StreamKind, RecordPosition),
});
export type SnapshotManifest = z.infer<typeof SnapshotManifest>;

/** What a hub tells its peer of its newest snapshot. */
export const SnapshotWord = z.strictObject({ covers: Covers, settled: Marks });
export type SnapshotWord = z.infer<typeof SnapshotWord>;

/** Key of what is said of one origin's stream. */
export const streamKey = (stream: StreamKind, origin: string) => `${stream}/${origin}`;

/** Undefined when it is no such key. */
export function parseStreamKey(key: string): { stream: StreamKind; origin: string } | undefined {
  const [kind, origin] = [key.slice(0, key.indexOf("/")), key.slice(key.indexOf("/") + 1)];
  const stream = StreamKind.safeParse(kind);
  return stream.success ? { stream: stream.data, origin } : undefined;
}
