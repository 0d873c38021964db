/** Asks a machine's own server (NATS, Pushgateway) again and again whether it answers, and reports each outcome. */
import { request } from "node:http";
import { connect } from "node:net";

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

/** Starts at once; the returned function ends it. */
export function watchPort({ target, intervalMs, deadlineMs, report }: PortWatchOptions): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const round = async () => {
    const startedMs = performance.now();
    const answer = await askPort(target, deadlineMs);
    if (stopped) return;
    report(answer);
    timer = setTimeout(round, Math.max(10, intervalMs - (performance.now() - startedMs)));
  };
  void round();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Never rejects. */
export function askPort(target: PortTarget, deadlineMs: number): Promise<PortAnswer> {
  return target.kind === "http" ? askHttp(target, deadlineMs) : askTcp(target, deadlineMs);
}

function askHttp({ host, port }: PortTarget, deadlineMs: number): Promise<PortAnswer> {
  return new Promise((resolve) => {
    const asked = request({ host, port, path: "/-/ready", agent: false }, (response) => {
      response.resume();
      resolve("heard");
      response.on("error", () => {});
    });
    const timer = setTimeout(() => asked.destroy(new Error("silent")), deadlineMs);
    asked.on("error", (error) => resolve(verdictOf(error)));
    asked.on("close", () => clearTimeout(timer));
    asked.end();
  });
}

function askTcp({ host, port, kind }: PortTarget, deadlineMs: number): Promise<PortAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => settle("silent"), deadlineMs);
    const settle = (answer: PortAnswer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    socket.once("error", (error) => settle(verdictOf(error)));
    socket.once("close", () => settle("refused"));
    // A stopped process still has its port open: only a greeting tells that it lives.
    if (kind === "nats") socket.once("data", () => settle("heard"));
    else socket.once("connect", () => settle("heard"));
  });
}

/** An unreachable network is silence: only a reset or a refusal is the other kernel's own word. */
function verdictOf(error: Error): PortAnswer {
  const code = (error as NodeJS.ErrnoException).code; // node's socket errors carry one
  return code === "ECONNREFUSED" || code === "ECONNRESET" ? "refused" : "silent";
}
