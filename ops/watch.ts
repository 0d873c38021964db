/** Looks once, or with `--watch` again and again until Ctrl-C, each look drawn over the one before on a terminal. */
import { setTimeout as pause } from "node:timers/promises";

const everyMs = 1_000;
const clearScreen = "\x1b[2J\x1b[H";

export async function look(watch: boolean, once: () => Promise<void>): Promise<void> {
  const interrupted = watch ? onInterrupt() : AbortSignal.abort();
  for (;;) {
    await once();
    if (interrupted.aborted) return;
    await pause(everyMs, undefined, { signal: interrupted }).catch(() => {});
    if (interrupted.aborted) return;
  }
}

/** What a terminal is sent before each look; nothing where the output goes elsewhere. */
export const redraw = (watch: boolean): string => (watch && process.stdout.isTTY ? clearScreen : "");

function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort());
  return controller.signal;
}
