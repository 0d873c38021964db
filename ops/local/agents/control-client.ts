/** Gives one command to a process of agents over its control socket. */
import { connect } from "node:net";
import { ControlAnswer, type ControlRequest, maxLineBytes } from "./control.ts";

export type ControlOutcome =
  | { type: "answer"; answer: ControlAnswer }
  /** Nobody listens there. */
  | { type: "absent" }
  /** Somebody listens, but gave no answer that could be read; `reason` says why. */
  | { type: "broken"; reason: string };

/** Never rejects. @param deadlineMs for the whole exchange @default 3000 */
export function askControl(path: string, request: ControlRequest, deadlineMs = 3_000): Promise<ControlOutcome> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let text = "";
    const settle = (outcome: ControlOutcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => settle({ type: "broken", reason: `no answer within ${deadlineMs} ms` }), deadlineMs);
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > maxLineBytes) settle({ type: "broken", reason: "an endless answer" });
    });
    socket.on("end", () => settle(read(text)));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const absent = error.code === "ENOENT" || error.code === "ECONNREFUSED";
      settle(absent ? { type: "absent" } : { type: "broken", reason: error.message });
    });
  });
}

function read(text: string): ControlOutcome {
  try {
    return { type: "answer", answer: ControlAnswer.parse(JSON.parse(text)) };
  } catch {
    return { type: "broken", reason: "its answer is not one of agents" };
  }
}
