/** Asks for the agent's health by HTTP GET over a kept connection; the body decides, its status code only without one. */
import { readFileSync } from "node:fs";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { request as requestByTls, Agent as TlsAgent } from "node:https";
import type { Socket } from "node:net";
import type { ProbeConfig } from "../../config.ts";
import type { ProbeAnswer } from "../../core/agent-health.ts";
import { onlyOf } from "../../tls/dial.ts";
import { startDeadline } from "./deadline.ts";
import { maxBodyBytes, readHealthBody } from "./health-body.ts";
import type { Probe, ProbeOptions } from "./probe.ts";
import { answerOfError, foreignAnswer } from "./socket-error.ts";

type Outcome =
  | { type: "response"; status: number; body: string }
  | { type: "too-long" }
  | { type: "late" }
  /** `stale`: a kept connection broke before the first byte of an answer. */
  | { type: "error"; error: Error; stale: boolean };

export class HttpProbe implements Probe {
  readonly #config: Extract<ProbeConfig, { kind: "http" }>;
  readonly #options: ProbeOptions;
  readonly #agent: Agent;
  /** As it was read last. */
  #ca: string | string[] = [];
  #request: ClientRequest | undefined;
  /** Whether a kept connection is open and nothing is asked on it. */
  #idle = false;
  #closed = false;

  constructor(config: Extract<ProbeConfig, { kind: "http" }>, options: ProbeOptions) {
    this.#config = config;
    this.#options = options;
    // Node keeps no connection of a request that itself says whom it takes.
    const keeps = { keepAlive: true, maxSockets: 1 };
    this.#agent =
      config.tls === undefined ? new Agent(keeps) : new TlsAgent({ ...keeps, ...onlyOf(config.tls.machine) });
  }

  async ask(): Promise<ProbeAnswer> {
    const { clock, deadlineMs } = this.#options;
    const startedMs = clock();
    this.#idle = false;
    const deadline = startDeadline(deadlineMs, clock);
    let outcome = await this.#get(deadline.expired);
    if (outcome.type === "error" && outcome.stale && !this.#closed) outcome = await this.#get(deadline.expired);
    deadline.clear();
    return this.#answer(outcome, clock() - startedMs);
  }

  close(): void {
    this.#closed = true;
    this.#idle = false;
    this.#request?.destroy();
    this.#agent.destroy();
  }

  #get(expired: Promise<void>): Promise<Outcome> {
    const { host, port, path, tls } = this.#config;
    return new Promise((resolve) => {
      const asking = { host, port, path, agent: this.#agent, headers: { accept: "application/json" } };
      const asked = tls === undefined ? request(asking) : requestByTls({ ...asking, ca: this.#caOf(tls.caFile) });
      this.#request = asked;
      void expired.then(() => {
        resolve({ type: "late" });
        asked.destroy();
      });
      asked.on("socket", (socket) => this.#watch(socket));
      asked.on("error", (error) => resolve({ type: "error", error, stale: asked.reusedSocket }));
      asked.on("response", (response) => this.#read(response, asked, resolve));
      asked.end();
    });
  }

  /** A renewed one is taken at the next question; kept connections go on. */
  #caOf(path: string): string | string[] {
    try {
      this.#ca = readFileSync(path, "utf8");
    } catch {
      // The one before it, or none, by which nobody is believed.
    }
    return this.#ca;
  }

  #read(response: IncomingMessage, asked: ClientRequest, resolve: (outcome: Outcome) => void): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) return;
      resolve({ type: "too-long" });
      asked.destroy();
    });
    response.on("error", (error) => resolve({ type: "error", error, stale: false }));
    response.on("end", () => {
      // A server that closes after each answer tells nothing by closing.
      this.#idle = asked.shouldKeepAlive && response.headers.connection !== "close";
      resolve({ type: "response", status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
    });
  }

  /** Once a connection: says when the other side closes it between two questions. */
  #watch(socket: Socket): void {
    if (socket.listeners("close").includes(this.#onClose)) return;
    socket.on("close", this.#onClose);
    // Node closes an idle connection itself before the server's own limit: that is no news of the agent.
    socket.on("timeout", this.#onIdleTimeout);
  }

  #onIdleTimeout = () => {
    this.#idle = false;
  };

  #onClose = () => {
    if (!this.#idle) return;
    this.#idle = false;
    this.#options.onIdleClose();
  };

  #answer(outcome: Outcome, latencyMs: number): ProbeAnswer {
    const { host, port, path } = this.#config;
    const place = `${host}:${port}`;
    switch (outcome.type) {
      case "late":
        return {
          type: "timeout",
          reason: `GET http://${place}${path} had no answer within ${this.#options.deadlineMs} ms`,
        };
      case "too-long":
        return { type: "malformed", reason: `GET ${path} answered with more than ${maxBodyBytes} bytes` };
      case "error":
        return foreignAnswer(outcome.error, place) ?? answerOfError(outcome.error, place);
      case "response":
        return judge(outcome.status, outcome.body, path, latencyMs);
    }
  }
}

function judge(status: number, body: string, path: string, latencyMs: number): ProbeAnswer {
  const fine = status >= 200 && status < 300;
  if (fine && body.trim() === "") return { type: "answered", health: "healthy", message: "", latencyMs };
  const health = readHealthBody(body);
  if (health.type === "answered") return { ...health, latencyMs };
  if (fine) return { type: "malformed", reason: `GET ${path}: ${health.reason}` };
  return { type: "answered", health: "unhealthy", message: `GET ${path} answered HTTP ${status}`, latencyMs };
}
