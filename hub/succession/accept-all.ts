/** Before a listener closes: what has been connected to it by then and was not accepted would be reset by the kernel. */
import type { Server } from "node:net";
import { setImmediate } from "node:timers/promises";

/** Bounds the wait where connections come faster than they are accepted. */
const maxTurns = 10_000;

/** Resolves when a turn of the event loop has brought none of them a new connection: each accepts one a turn. */
export async function acceptAll(servers: readonly Server[]): Promise<void> {
  let accepted = 0;
  const count = () => {
    accepted++;
  };
  for (const server of servers) server.on("connection", count);
  let before = -1;
  for (let turn = 0; before !== accepted && turn < maxTurns; turn++) {
    before = accepted;
    // The first may still be of the turn in which this was called.
    await setImmediate();
    await setImmediate();
  }
  for (const server of servers) server.off("connection", count);
}
