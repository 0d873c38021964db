/** The answering side of ZeroMQ's REQ and REP on an accepted connection, by the same codec that the hub asks with. */
import type { Socket } from "node:net";
import {
  encodeCommand,
  encodeGreeting,
  encodeMessage,
  encodeReady,
  ZmtpDecoder,
  type ZmtpEvent,
} from "../../../hub/io/probe/zmtp.ts";

/** More than any question for health has, bytes. */
const maxRequestBytes = 64 * 1024;

/** What a request's text is answered with; undefined leaves it without an answer for ever. */
type Answer = (request: string) => Promise<string | undefined>;

/** @param answer never rejects */
export function serveRep(socket: Socket, answer: Answer): void {
  const decoder = new ZmtpDecoder(maxRequestBytes);
  socket.write(encodeGreeting());
  socket.on("data", (chunk) => {
    for (const event of decoder.push(chunk)) take(socket, event, answer);
  });
}

function take(socket: Socket, event: ZmtpEvent, answer: Answer): void {
  switch (event.type) {
    case "greeting":
      socket.write(encodeReady("REP"));
      break;
    case "message":
      void reply(socket, event.parts, answer);
      break;
    case "command":
      if (event.name === "PING") socket.write(encodeCommand("PONG", event.body.subarray(2)));
      break;
    case "violation":
      socket.destroy();
      break;
    case "foreign":
      // libzmq takes such bytes for an old version's frame and waits: an HTTP client hangs until its own deadline.
      break;
  }
}

/** Everything up to the first empty part is the way back. */
async function reply(socket: Socket, parts: Buffer[], answer: Answer): Promise<void> {
  const divider = parts.findIndex((part) => part.length === 0);
  if (divider === -1) return;
  const text = await answer(Buffer.concat(parts.slice(divider + 1)).toString("utf8"));
  if (text === undefined || socket.destroyed) return;
  socket.write(encodeMessage([...parts.slice(0, divider + 1), Buffer.from(text)]));
}
