/** The smallest of many inputs that together run what all of them run. */
import type { BlockMap } from "./block-map.ts";
import type { Coverage } from "./coverage.ts";
import { examine } from "./examine.ts";
import type { Subject } from "./target.ts";

export async function distil(
  subject: Subject,
  inputs: readonly Buffer[],
  coverage: Coverage,
  blocks: BlockMap,
): Promise<Buffer[]> {
  const runs: { input: Buffer; ran: Set<string> }[] = [];
  coverage.take();
  for (const input of inputs) {
    await examine(subject, input);
    runs.push({ input, ran: blocks.ranIn(coverage.take()) });
  }
  const left = new Set(runs.flatMap(({ ran }) => [...ran]));
  const kept: Buffer[] = [];
  // Small ones first among those that bring as much.
  const waiting = new Set(runs.toSorted((a, b) => a.input.length - b.input.length));
  while (left.size > 0) {
    let best: { input: Buffer; ran: Set<string>; news: number } | undefined;
    for (const run of waiting) {
      let news = 0;
      for (const block of run.ran) if (left.has(block)) news++;
      if (news === 0) waiting.delete(run);
      else if (best === undefined || news > best.news) best = { ...run, news };
    }
    if (best === undefined) break;
    kept.push(best.input);
    for (const block of best.ran) left.delete(block);
  }
  return kept;
}
