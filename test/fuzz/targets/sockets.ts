/** What a client of any manners does on its connections, written as bytes: what it sends, and between that what it does. */
import { get } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { holds } from "../engine/target.ts";

/**
 * `~~p` waits a little, `~~e` ends its half, `~~r` resets, `~~n` makes a further connection, `~~x` sends the last part forty times
 * more, `~~w` waits until the other side has had enough.
 */
export const deeds = ["~~p", "~~e", "~~r", "~~n", "~~x", "~~w"];
const deed = /~~([pernxw0-9])/;
const littleMs = 5;
/** The server's own deadlines in these tests are shorter. */
const enoughMs = 800;
const mostConnections = 12;
/** Of a client that behaves well; no measure of speed. */
const answerDeadlineMs = 60_000;

/** @param ports the first one, and those that `~~1` and so on connect to */
export async function play(script: Buffer, ports: readonly number[]): Promise<void> {
  const sockets: Socket[] = [];
  let port = ports[0] ?? 0;
  const open = async (): Promise<Socket> => {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    socket.on("error", () => {}).resume();
    sockets.push(socket);
    await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
    return socket;
  };
  let socket = await open();
  let last = Buffer.alloc(0);
  const parts = script.toString("latin1").split(deed);
  for (const [i, part] of parts.entries()) {
    if (i % 2 === 0) {
      if (part === "") continue;
      last = Buffer.from(part, "latin1");
      if (socket.writable) socket.write(last);
      continue;
    }
    if (part === "p") await setTimeout(littleMs);
    else if (part === "e") socket.end();
    else if (part === "r") socket.resetAndDestroy();
    else if (part === "w") await closed(socket, enoughMs);
    else if (part === "x") {
      for (let times = 0; times < 40 && socket.writable; times++) socket.write(last);
    } else if (sockets.length < mostConnections) {
      port = part === "n" ? port : (ports[Number(part)] ?? port);
      socket = await open();
    }
  }
  await setTimeout(littleMs);
  for (const each of sockets) each.destroy();
  await Promise.all(sockets.map((each) => closed(each, answerDeadlineMs)));
}

async function closed(socket: Socket, ms: number): Promise<void> {
  if (socket.closed) return;
  const ended = new AbortController();
  socket.once("close", () => ended.abort());
  await setTimeout(ms, undefined, { signal: ended.signal }).catch(() => {});
}

/**
 * A client that behaves well gets its answer, whatever others did. It asks again when its connection ends first: a server whose deadlines
 * are short may do that on a machine that is busy.
 */
export async function answers(ask: () => Promise<string>, expected: string): Promise<void> {
  let said = "";
  for (const endMs = performance.now() + answerDeadlineMs; performance.now() < endMs; await setTimeout(littleMs)) {
    said = await ask().catch((error: unknown) => String(error));
    if (said === expected) return;
  }
  holds(false, `a client that behaves well was answered: ${said.slice(0, 200)}`);
}

export function askHttp(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, path, agent: false, timeout: answerDeadlineMs }, (response) => {
      text(response).then((body) => resolve(`${response.statusCode} ${body}`), reject);
    });
    request.once("timeout", () => request.destroy(new Error("no answer"))).once("error", reject);
  });
}

/** Resolves when it is so; what never becomes so is a defect. @param state what is to be seen then */
export async function becomes(state: () => Promise<string> | string, expected: string): Promise<void> {
  let seen = "";
  for (const endMs = performance.now() + answerDeadlineMs; performance.now() < endMs; await setTimeout(littleMs)) {
    seen = await state();
    if (seen === expected) return;
  }
  holds(false, `after all clients left there is ${seen} instead of ${expected}`);
}
