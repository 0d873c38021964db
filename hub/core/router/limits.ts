/** The times and bounds of the router, with the reasons for their defaults. */
import { z } from "zod";

const Ms = z.number().int().min(1);

export const RouterLimits = z.strictObject({
  /** A client waits so long while nobody acts, ms; then 503, or the end of its connection. Longer than any planned switch. */
  holdMs: Ms.default(10_000),
  /** A client waits so long for a target that does not answer to be replaced, ms, counted from the target's first failure. */
  takeoverWaitMs: Ms.default(3_000),
  /** Between two tries of a waiting client at a target that failed, ms. */
  retryMs: Ms.default(100),
  /** Clients of one service that wait at once; one more is refused at once. */
  maxWaiting: z.number().int().min(1).default(1_000),
  /** Connections of one service at once. */
  maxConnections: z.number().int().min(1).default(4_096),
  /** Connections of one service from one address of elsewhere; those of this machine are one address, and not bounded so. */
  maxConnectionsPerAddress: z.number().int().min(1).default(1_024),
  /** Requests of one HTTP connection under way at once; those behind them wait for their answers. */
  maxPipelined: z.number().int().min(1).default(8),
  /** The header of an HTTP request must have come whole, ms after the connection began or the answer before it ended: idle time is in it. */
  headMs: Ms.default(80_000),
  /** The first header of a connection, ms. */
  firstHeadMs: Ms.default(15_000),
  /** A client that said nothing for so long may wait for the service to speak first, ms. */
  firstBytesMs: Ms.default(50),
  /** Before a connection to a target has failed, ms: it is at most a network away. */
  connectMs: Ms.default(1_000),
  /** A response under way when its target was replaced may take so long, ms. */
  drainMs: z.number().int().min(0).default(5_000),
  /** A connection that is no HTTP is closed after so long, ms, when its target was replaced while it owed an answer. */
  tcpDrainMs: z.number().int().min(0).default(1_000),
  /** Such a connection is taken as owing nothing when its target spoke last, and so long ago, ms. */
  tcpQuietMs: Ms.default(50),
  /** A client of a target that has ended is given so long without sending or taking anything, ms. */
  tcpHalfClosedMs: Ms.default(60_000),
  /** A connection on which nothing moves in either direction is closed, ms; keep-alive probes find dead ends sooner. */
  tcpIdleMs: Ms.default(3_600_000),
  /** Silence of a target in the middle of a request before 504, ms: a model may think for minutes. */
  httpIdleMs: Ms.default(600_000),
  /** A connection to a target is kept unused for so long, ms: less than servers wait before they close it. */
  poolIdleMs: Ms.default(2_000),
  /** Unused connections kept to one target. */
  maxPooled: z.number().int().min(0).default(64),
  /** Failures in a row before a target is left alone. */
  breakerFailures: z.number().int().min(1).default(3),
  /** How long, ms; then one connection tries. */
  breakerOpenMs: Ms.default(250),
});
export type RouterLimits = z.infer<typeof RouterLimits>;
