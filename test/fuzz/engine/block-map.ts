/**
 * Every block that was ever seen, and whether it has run. V8 tells only blocks whose count differs from the one around them, so a
 * block may be told of late; each is news once.
 */
import type { ScriptCoverage } from "./coverage.ts";

type Range = ScriptCoverage["functions"][number]["ranges"][number];

export class BlockMap {
  /** By function, then by block. */
  readonly #blocks = new Map<string, Map<string, Block>>();
  #covered = 0;
  #known = 0;

  get covered(): number {
    return this.#covered;
  }

  get known(): number {
    return this.#known;
  }

  /** Whether anything ran that had not. */
  isNews(report: readonly ScriptCoverage[]): boolean {
    for (const [id, ranges] of functionsOf(report)) {
      const known = this.#blocks.get(id);
      for (const range of ranges) if (range.count > 0 && known?.get(nameOf(range))?.ran !== true) return true;
      for (const block of known?.values() ?? []) if (!block.ran && countOf(ranges, block) > 0) return true;
    }
    return false;
  }

  absorb(report: readonly ScriptCoverage[]): void {
    for (const [id, ranges] of functionsOf(report)) {
      const known = this.#blocks.get(id) ?? new Map<string, Block>();
      this.#blocks.set(id, known);
      for (const { startOffset, endOffset } of ranges) {
        const name = nameOf({ startOffset, endOffset });
        if (known.has(name)) continue;
        known.set(name, { startOffset, endOffset, ran: false });
        this.#known++;
      }
      for (const block of known.values()) {
        if (block.ran || countOf(ranges, block) === 0) continue;
        block.ran = true;
        this.#covered++;
      }
    }
  }

  /** Names of the known blocks that ran. */
  ranIn(report: readonly ScriptCoverage[]): Set<string> {
    const ran = new Set<string>();
    for (const [id, ranges] of functionsOf(report))
      for (const [name, block] of this.#blocks.get(id) ?? []) if (countOf(ranges, block) > 0) ran.add(`${id} ${name}`);
    return ran;
  }
}

interface Block {
  startOffset: number;
  endOffset: number;
  ran: boolean;
}

function* functionsOf(report: readonly ScriptCoverage[]): Generator<[id: string, ranges: readonly Range[]]> {
  for (const { url, functions } of report)
    for (const { ranges } of functions) if (ranges[0] !== undefined) yield [`${url} ${nameOf(ranges[0])}`, ranges];
}

const nameOf = ({ startOffset, endOffset }: Omit<Range, "count">) => `${startOffset}-${endOffset}`;

/** Of the innermost range around the block: they are told from outside inwards. */
function countOf(ranges: readonly Range[], { startOffset, endOffset }: Block): number {
  let count = 0;
  for (const range of ranges) {
    if (range.startOffset > startOffset) break;
    if (range.endOffset >= endOffset) count = range.count;
  }
  return count;
}
