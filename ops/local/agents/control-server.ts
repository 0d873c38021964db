/** Listens on a process's control socket and lets each connection have one command answered. */
import { unlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { OperatorError } from "../../error.ts";
import { type ControlAnswer, ControlRequest, maxLineBytes } from "./control.ts";
import { askControl } from "./control-client.ts";

/** A connection that brings no line is closed after this, ms. */
const lineDeadlineMs = 2_000;

type Answer = (request: ControlRequest) => Promise<ControlAnswer>;

/** @throws OperatorError when another process answers there already; a socket file left by a dead one is replaced */
export async function serveControl(path: string, answer: Answer): Promise<Server> {
  const server = createServer((socket) => take(socket, answer));
  try {
    await listen(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cannotListen(path, error); // net's errors carry a code
    const other = await askControl(path, { command: "list" });
    if (other.type !== "absent") {
      const who = other.type === "answer" && other.answer.ok ? `process ${other.answer.pid}` : "another process";
      const next = "Stop it first, or use another --data folder";
      throw new OperatorError("agents.running", `${who} already takes commands at ${path}`, next);
    }
    unlinkSync(path);
    await listen(server, path).catch((failure: unknown) => {
      throw cannotListen(path, failure);
    });
  }
  return server;
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function cannotListen(path: string, error: unknown): OperatorError {
  const why = error instanceof Error ? error.message : String(error);
  const next = "Make its folder, or name another path in controlSocket";
  return new OperatorError("agents.control", `Cannot take commands at ${path}: ${why}`, next);
}

function take(socket: Socket, answer: Answer): void {
  let text = "";
  socket.setEncoding("utf8");
  socket.setTimeout(lineDeadlineMs, () => socket.destroy());
  socket.on("error", () => {});
  const onData = (chunk: string) => {
    text += chunk;
    if (text.length > maxLineBytes) socket.destroy();
    const end = text.indexOf("\n");
    if (end === -1) return;
    socket.off("data", onData);
    socket.setTimeout(0);
    void answerLine(text.slice(0, end), answer).then((line) => socket.end(`${line}\n`));
  };
  socket.on("data", onData);
}

async function answerLine(line: string, answer: Answer): Promise<string> {
  try {
    return JSON.stringify(await answer(ControlRequest.parse(JSON.parse(line))));
  } catch (error) {
    const known = error instanceof OperatorError;
    const refusal: ControlAnswer = {
      ok: false,
      code: known ? error.code : "agents.command",
      what: error instanceof Error ? error.message : String(error),
      next: known ? error.next : "Send one line of JSON, as ops/local/agents/control.ts describes it",
    };
    return JSON.stringify(refusal);
  }
}
