/** Asks a machine's own server (NATS, Pushgateway) again and again whether it answers, and reports each outcome. */
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";

export type PortAnswer = "heard" | "refused" | "silent";

export interface PortTarget {
  host: string;
  port: number;
  /** `nats` waits for the server's greeting, `http` for any answer to GET /-/ready. */
  kind: "nats" | "http" | "tcp";
}

export interface PortWatchOptions {
  target: PortTarget;
  intervalMs: number;
  deadlineMs: number;
  report(answer: PortAnswer): void;
}

/** Between two questions at least, ms: some servers close each connection. */
const soonestMs = 50;

/**
 * Starts at once; the returned function ends it. The connection of the last answer is kept, so that its end tells of a server's
 * death between two questions: it is asked then.
 */
export function watchPort({ target, intervalMs, deadlineMs, report }: PortWatchOptions): () => void {
  const kept = target.kind === "nats" ? new KeptSocket() : undefined;
  const agent = target.kind === "http" ? new Agent({ keepAlive: true, maxSockets: 1 }) : undefined;
  let stopped = false;
  let asking = false;
  let startedMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const round = async () => {
    asking = true;
    startedMs = performance.now();
    const answer = await (agent === undefined
      ? askTcp(target, deadlineMs, (socket) => (kept === undefined ? socket.destroy() : kept.keep(socket, onEnd)))
      : askHttp(target, deadlineMs, agent, onEnd));
    asking = false;
    if (stopped) return;
    report(answer);
    timer = setTimeout(round, Math.max(10, intervalMs - (performance.now() - startedMs)));
  };
  const onEnd = () => {
    if (stopped || asking) return;
    clearTimeout(timer);
    timer = setTimeout(round, Math.max(0, soonestMs - (performance.now() - startedMs)));
  };
  void round();
  return () => {
    stopped = true;
    clearTimeout(timer);
    kept?.drop();
    agent?.destroy();
  };
}

/** Never rejects. */
export function askPort(target: PortTarget, deadlineMs: number): Promise<PortAnswer> {
  return target.kind === "http" ? askHttp(target, deadlineMs) : askTcp(target, deadlineMs);
}

/** @param onEnd called when a connection of the agent has ended, however it did */
function askHttp(
  { host, port }: PortTarget,
  deadlineMs: number,
  agent: Agent | false = false,
  onEnd = () => {},
): Promise<PortAnswer> {
  return new Promise((resolve) => {
    const asked = request({ host, port, path: "/-/ready", agent }, (response) => {
      response.resume();
      resolve("heard");
      response.on("error", () => {});
    });
    asked.on("socket", (socket) => {
      if (!asked.reusedSocket) socket.once("close", onEnd);
    });
    const timer = setTimeout(() => asked.destroy(new Error("silent")), deadlineMs);
    asked.on("error", (error) => {
      const answer = verdictOf(error);
      // A server may close a connection that it has answered on before; whether it is gone says a new one.
      if (asked.reusedSocket && answer === "refused") resolve(askHttp({ host, port, kind: "http" }, deadlineMs));
      else resolve(answer);
    });
    asked.on("close", () => clearTimeout(timer));
    asked.end();
  });
}

/** @param keep takes the connection over that brought an answer. @default it is closed */
function askTcp(
  { host, port, kind }: PortTarget,
  deadlineMs: number,
  keep: (socket: Socket) => void = (socket) => void socket.destroy(),
): Promise<PortAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => settle("silent"), deadlineMs);
    let settled = false;
    const settle = (answer: PortAnswer) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      if (answer === "heard") keep(socket);
      else socket.destroy();
      resolve(answer);
    };
    socket.on("error", (error) => settle(verdictOf(error)));
    socket.once("close", () => settle("refused"));
    // A stopped process still has its port open: only a greeting tells that it lives.
    if (kind === "nats") socket.once("data", () => settle("heard"));
    else socket.once("connect", () => settle("heard"));
  });
}

/** One open connection at a time, whose end is told unless this side brought it about. */
class KeptSocket {
  #socket: Socket | undefined;

  keep(socket: Socket, onEnd: () => void): void {
    this.drop();
    this.#socket = socket;
    // Nothing more is read for, but only a reader learns of its end.
    socket.resume();
    socket.once("close", () => {
      if (this.#socket === socket) onEnd();
    });
  }

  drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }
}

/** An unreachable network is silence: only a reset or a refusal is the other kernel's own word. */
function verdictOf(error: Error): PortAnswer {
  const code = (error as NodeJS.ErrnoException).code; // node's socket errors carry one
  return code === "ECONNREFUSED" || code === "ECONNRESET" ? "refused" : "silent";
}
