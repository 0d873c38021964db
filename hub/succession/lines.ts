/** Reads JSON, one value a line, off a socket whose other end may be a stranger. */
import type { Socket } from "node:net";

/** Whatever JSON can be; undefined when it was none. */
export type Line = unknown;

const maxLineBytes = 4_096;

export class Lines {
  #text = "";

  /** A longer line ends the connection. */
  constructor(socket: Socket, take: (line: Line) => void) {
    socket.setEncoding("utf8").on("data", (part: string) => {
      this.#text += part;
      if (this.#text.length > maxLineBytes) return void socket.destroy();
      for (let end = this.#text.indexOf("\n"); end !== -1 && !socket.destroyed; end = this.#text.indexOf("\n")) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        take(parsed(line));
      }
    });
  }
}

function parsed(line: string): Line {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
