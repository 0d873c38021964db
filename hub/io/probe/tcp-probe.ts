/**
 * Asks an agent that speaks no health protocol: whoever accepts a connection is well. The connection is closed at once,
 * since an agent that serves one client at a time would be blocked by a probe that stays.
 */
import { connect, type Socket } from "node:net";
import type { ProbeConfig } from "../../config.ts";
import type { ProbeAnswer } from "../../core/agent-health.ts";
import { startDeadline } from "./deadline.ts";
import type { Probe, ProbeOptions } from "./probe.ts";
import { answerOfError, closedEarly } from "./socket-error.ts";

export class TcpProbe implements Probe {
  readonly #config: Extract<ProbeConfig, { kind: "tcp" }>;
  readonly #options: ProbeOptions;
  #socket: Socket | undefined;

  constructor(config: Extract<ProbeConfig, { kind: "tcp" }>, options: ProbeOptions) {
    this.#config = config;
    this.#options = options;
  }

  async ask(): Promise<ProbeAnswer> {
    const { host, port } = this.#config;
    const { clock, deadlineMs } = this.#options;
    const place = `${host}:${port}`;
    const startedMs = clock();
    const deadline = startDeadline(deadlineMs, clock);
    const socket = connect({ host, port });
    this.#socket = socket;
    try {
      return await new Promise<ProbeAnswer>((resolve) => {
        socket.once("connect", () =>
          resolve({ type: "answered", health: "healthy", message: "", latencyMs: clock() - startedMs }),
        );
        socket.once("error", (error) => resolve(answerOfError(error, place)));
        socket.once("close", () => resolve(closedEarly(place)));
        void deadline.expired.then(() =>
          resolve({ type: "timeout", reason: `${place} accepted no connection within ${deadlineMs} ms` }),
        );
      });
    } finally {
      deadline.clear();
      this.close();
    }
  }

  close(): void {
    this.#socket?.on("error", () => {});
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}
