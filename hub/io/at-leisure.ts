/** Goes through many messages beside the hub's work: after some ms of it, a rest that leaves the processor to others. */

/** Part of a core that it may take. */
const share = 0.2;
const restEveryMs = 10;

export async function* atLeisure<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
  let sinceMs = performance.now();
  for await (const message of messages) {
    yield message;
    const workedMs = performance.now() - sinceMs;
    if (workedMs < restEveryMs) continue;
    await new Promise((resolve) => setTimeout(resolve, workedMs * (1 / share - 1)));
    sinceMs = performance.now();
  }
}
