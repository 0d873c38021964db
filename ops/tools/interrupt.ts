/** Lets work that was started clean up behind itself when the operator ends the command. */

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `work` with a signal that aborts when the process is asked to end. After work that was interrupted so, the process
 * ends by the same signal, unless somebody else listened to it before: then the work's own error is thrown.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const isAlone = names.every((name) => process.listenerCount(name) === 0);
  const controller = new AbortController();
  let by: NodeJS.Signals | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    by = name;
    controller.abort(new Error(`interrupted by ${name}`));
  };
  for (const name of names) process.on(name, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of names) process.off(name, onSignal);
    // Who listens since then is a list that was drawn: it shows the cursor again, and ends the process.
    if (by !== undefined && isAlone) raise(by);
  }
}

/** As if the signal came from outside, but heard at once. Where nobody listens, the process ends by it. */
export function raise(name: NodeJS.Signals): void {
  if (!process.emit(name, name)) process.kill(process.pid, name);
}
