/** Says of a note that is stored late when it happened: its stamp is that of storing. */

const lateWords = /^(.*), at (\d\d:\d\d:\d\dZ)$/s;

/** @example "to pc2, at 14:33:09Z" */
export const happenedAt = (message: string, wallMs: number): string =>
  `${message}, at ${new Date(wallMs).toISOString().slice(11, 19)}Z`;

/** What was to be said, and when it happened where that was added. */
export function wordsOf(message: string): { words: string; at: string | undefined } {
  const [, words = message, at] = lateWords.exec(message) ?? [];
  return { words, at };
}
