/** Listens on a unix socket that nobody else may open, and takes over the path of one that is dead. */
import { mkdirSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname } from "node:path";

const askDeadlineMs = 1_000;

/** What the path of a unix socket may have, bytes: the kernel's struct holds one more. Node refuses a longer one with EINVAL. */
export const longestSocketPathBytes = (platform: string = process.platform): number =>
  platform === "linux" ? 107 : 103;

/** Rejects when another process listens there. @param mode permissions, octal @example "0600" */
export async function listenOn(server: Server, path: string, mode: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  try {
    await bind(server, path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error; // net errors carry a code
    if (await answers(path)) throw new Error(`another process listens on ${path}`);
    unlinkSync(path);
    await bind(server, path, mode);
  }
}

function bind(server: Server, path: string, mode: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // The socket must not be open to others even for a moment, so its mode is not set afterwards.
    const before = process.umask(0o777 & ~Number.parseInt(mode, 8));
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
    process.umask(before);
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const say = (there: boolean) => {
      socket.destroy();
      resolve(there);
    };
    socket.setTimeout(askDeadlineMs, () => say(true));
    socket.once("connect", () => say(true));
    socket.once("error", () => say(false));
  });
}
