/** Asks a ZeroMQ REP socket for the agent's health over a connection that stays open between questions. */
import type { ProbeConfig } from "../../config.ts";
import type { ProbeAnswer } from "../../core/agent-health.ts";
import { startDeadline } from "./deadline.ts";
import { readHealthBody } from "./health-body.ts";
import type { Probe, ProbeOptions } from "./probe.ts";
import { answerOfError, closedEarly } from "./socket-error.ts";
import { type RequestOutcome, type Stage, ZmqConnection } from "./zmq-connection.ts";

type Late = { type: "late" };

export class ZmqProbe implements Probe {
  readonly #config: Extract<ProbeConfig, { kind: "zmq" }>;
  readonly #options: ProbeOptions;
  #connection: ZmqConnection | undefined;
  #closed = false;

  constructor(config: Extract<ProbeConfig, { kind: "zmq" }>, options: ProbeOptions) {
    this.#config = config;
    this.#options = options;
  }

  async ask(): Promise<ProbeAnswer> {
    const { clock, deadlineMs } = this.#options;
    const startedMs = clock();
    const deadline = startDeadline(deadlineMs, clock);
    const late = deadline.expired.then((): Late => ({ type: "late" }));
    const kept = this.#connection?.usable === true;
    let outcome = await Promise.race([this.#request(), late]);
    // The kept connection may have been closed before the question reached it: only a new one tells why.
    if (outcome.type === "closed" && kept && !this.#closed) outcome = await Promise.race([this.#request(), late]);
    deadline.clear();
    return this.#answer(outcome, clock() - startedMs);
  }

  close(): void {
    this.#closed = true;
    this.#connection?.destroy();
  }

  #request(): Promise<RequestOutcome> {
    const { host, port, request } = this.#config;
    if (this.#connection?.usable !== true) {
      const sniffAfterMs = this.#options.deadlineMs * 0.75;
      this.#connection = new ZmqConnection(host, port, sniffAfterMs, this.#options.onIdleClose);
    }
    return this.#connection.request(request);
  }

  #answer(outcome: RequestOutcome | Late, latencyMs: number): ProbeAnswer {
    const place = `${this.#config.host}:${this.#config.port}`;
    switch (outcome.type) {
      case "reply": {
        const health = readHealthBody(outcome.text);
        return health.type === "answered" ? { ...health, latencyMs } : health;
      }
      case "closed":
        return outcome.error === undefined ? closedEarly(place) : answerOfError(outcome.error, place);
      case "wrong-protocol":
      case "malformed":
        return { type: outcome.type, reason: `${place}: ${outcome.reason}` };
      case "late": {
        const stage = this.#connection?.stage ?? "connecting";
        // A reply that still comes would be taken for the next question's.
        this.#connection?.destroy();
        return { type: "timeout", reason: `${place} ${silence[stage]} within ${this.#options.deadlineMs} ms` };
      }
    }
  }
}

const silence: Record<Stage, string> = {
  connecting: "accepted no connection",
  greeting: "accepted the connection, but sent no ZeroMQ greeting",
  handshake: "greeted, but did not finish the ZeroMQ handshake",
  open: "took the question by ZeroMQ, but gave no answer",
};
