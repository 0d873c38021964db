/** Words of POSIX sh. */

/** Quotes a word for sh. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
