/** Ends a run at a signal: in order at the first one, at once at a later one. */

export const interruptedCode = 130;
/** A terminal's Ctrl-C may arrive twice, from its own group and from npm, ms. */
const sameKeypressMs = 500;

/** The first signal ends the run with a report, a later one kills: what its slices say is on disk. */
export function interruptedBySignal(
  ending: string,
  say: (line: string) => void,
  kill: () => void,
): { signal: AbortSignal; forget(): void } {
  const interrupted = new AbortController();
  let firstAtMs: number | undefined;
  const onSignal = () => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now();
      say(ending);
      interrupted.abort(new Error("interrupted"));
    } else if (performance.now() - firstAtMs > sameKeypressMs) {
      kill();
      process.exit(interruptedCode);
    }
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, onSignal);
  const forget = () => {
    for (const name of names) process.off(name, onSignal);
  };
  return { signal: interrupted.signal, forget };
}
