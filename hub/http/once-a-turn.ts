/** A reading that all metrics of one scrape share: prom-client collects them in one turn of the loop. */
export function onceATurn<T>(read: () => T): () => T {
  let kept: { reading: T } | undefined;
  return () => {
    if (kept === undefined) {
      kept = { reading: read() };
      setImmediate(() => {
        kept = undefined;
      });
    }
    return kept.reading;
  };
}
