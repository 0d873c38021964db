/** Guesses what a misspelt name meant: an agent, or a key of the configuration. Pure. */

/**
 * The id whose name takes the fewest edits, when those are few enough to be a slip; among equals the one whose machine is
 * nearer, so that `mainpc/Reader` finds `pc2/Reader` when only that exists.
 */
export function nearestId(name: string, ids: Iterable<string>): string | undefined {
  const plain = nameOf(name);
  const limit = Math.max(2, Math.floor(plain.length / 4));
  let best: { id: string; edits: number; whole: number } | undefined;
  for (const id of ids) {
    const candidate = nameOf(id);
    if (Math.abs(candidate.length - plain.length) > limit) continue;
    const edits = editDistance(plain.toLowerCase(), candidate.toLowerCase());
    if (edits > limit || (best !== undefined && edits > best.edits)) continue;
    const whole = editDistance(name.toLowerCase(), id.toLowerCase());
    if (best === undefined || edits < best.edits || whole < best.whole) best = { id, edits, whole };
  }
  return best?.id;
}

/** The name in `machine/name`; a plain one as it stands. */
export const nameOf = (id: string) => id.slice(id.indexOf("/") + 1);

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
