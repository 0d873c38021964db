/** Lets a program go on whose output nobody reads any more. */
import type { Writable } from "node:stream";

/** A pipe's reader that has seen enough, as `head` has, or a terminal that was closed. */
const lost = ["EPIPE", "EIO"];

export function forgiveLostReader(stream: Writable): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (!lost.includes(error.code ?? "")) throw error;
  });
}
