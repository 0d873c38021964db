/** The streams of records in a machine's domain: its own, and the copies of the peer's. */
import type { StreamKind } from "../core/record.ts";
import { streamKey } from "../core/snapshot.ts";
import { copyName, streamKinds, streamName } from "./streams.ts";

export interface HeldStream {
  kind: StreamKind;
  /** Machine whose records it holds. */
  origin: string;
  /** `<stream>/<origin>`, as snapshots and heartbeats name it. */
  key: string;
  /** What NATS calls it. */
  name: string;
}

/** What NATS calls the stream of `origin` in the domain of `self`. */
export const heldStreamName = (kind: StreamKind, origin: string, self: string): string =>
  origin === self ? streamName(kind) : copyName(kind, origin);

export function heldStreams(self: string, peer: string): HeldStream[] {
  return streamKinds.flatMap((kind) =>
    [self, peer].map((origin) => ({
      kind,
      origin,
      key: streamKey(kind, origin),
      name: heldStreamName(kind, origin, self),
    })),
  );
}
