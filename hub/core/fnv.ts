/** FNV-1a, 32 bits, over UTF-16 units: tells texts apart by mistake, not by intent. */
export function fnv1a(texts: Iterable<string>, start = 0x811c9dc5): number {
  let hash = start;
  for (const text of texts) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
