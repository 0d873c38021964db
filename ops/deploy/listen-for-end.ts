/** Hears that an operator wants a command to end that must put things in order first. */
import type { DeployEngine } from "./engine.ts";

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Ctrl-C comes from the terminal and from npm; what comes twice so soon was meant once, ms. */
const sameMs = 1_000;

/**
 * The first one ends the engine in order, and what was moved and paused is put back; the second one ends all at once, and the next
 * run finds what is left. A terminal that is closed, SIGHUP, never ends it at once: nobody has asked for that.
 */
export function listenForEnd(engine: Pick<DeployEngine, "kill">, say: (line: string) => void): AbortSignal {
  const controller = new AbortController();
  let firstMs = 0;
  for (const name of names) {
    process.on(name, () => {
      if (!controller.signal.aborted) {
        firstMs = performance.now();
        controller.abort(new Error(`ended by ${name}`));
        say(`${name}: the engine ends what it is at, then all is put in order; once more ends it at once`);
      } else if (name !== "SIGHUP" && performance.now() - firstMs >= sameMs) {
        say("ended at once; the lock stays, and the next run from here takes it over and makes the machine whole");
        engine.kill();
        process.exit(130);
      }
    });
  }
  return controller.signal;
}
