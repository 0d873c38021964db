/** Lets an unread body pass, so that its sender gets to read the answer, but not for ever. */
import type { IncomingMessage, ServerResponse } from "node:http";

const lingerMs = 1_000;

export function letPass(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  response.setHeader("connection", "close");
  request.resume();
  const timer = setTimeout(() => request.destroy(), lingerMs);
  request.once("close", () => clearTimeout(timer));
}
