/** Waits for something that real processes bring about; the deadline is only there to end a test that is lost. */
const pollMs = 20;

/** Resolves with the first truthy value. Throws, naming what was awaited, after 20 s or `deadlineMs`. */
export async function until<T>(what: string, ask: () => T | Promise<T>, deadlineMs = 20_000): Promise<NonNullable<T>> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const value = await ask();
    if (value) return value;
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
