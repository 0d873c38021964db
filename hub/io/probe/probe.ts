/** One agent's probe: asks for its health again and again over a connection that it keeps where that is polite. */
import type { ProbeConfig } from "../../config.ts";
import type { ProbeAnswer } from "../../core/agent-health.ts";
import { HttpProbe } from "./http-probe.ts";
import { TcpProbe } from "./tcp-probe.ts";
import { ZmqProbe } from "./zmq-probe.ts";

export interface Probe {
  /**
   * Asks once; the answer comes within the deadline, and never as a rejection. Not to be called again before it came.
   * After `close` it is a `refused` that means nothing.
   */
  ask(): Promise<ProbeAnswer>;
  /** Ends its connection and settles what is under way. */
  close(): void;
}

export interface ProbeOptions {
  /** For one whole `ask`, ms. */
  deadlineMs: number;
  /** Monotonic ms. */
  clock: () => number;
  /** The agent's side closed the kept connection between two questions: perhaps it is gone, so ask again soon. */
  onIdleClose: () => void;
}

export function createProbe(config: ProbeConfig, options: ProbeOptions): Probe {
  switch (config.kind) {
    case "zmq":
      return new ZmqProbe(config, options);
    case "http":
      return new HttpProbe(config, options);
    case "tcp":
      return new TcpProbe(config, options);
  }
}
