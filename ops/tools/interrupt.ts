/** Lets work that was started clean up behind itself when the operator ends the command. */

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `work` with a signal that aborts when the process is asked to end. After work that was interrupted so, the process
 * ends by the same signal, unless somebody else listens to it: then the work's own error is thrown.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
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
    if (by !== undefined && process.listenerCount(by) === 0) process.kill(process.pid, by);
  }
}
