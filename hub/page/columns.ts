/**
 * The groups of a machine's agents, one below the other in two columns of about the same height. Worked out here and not
 * by CSS `columns`: to balance those a browser lays all tiles out several times over, ten times as long a frame. Pure.
 */
import type { AgentGroup } from "./state.ts";

/** Where two columns stand beside each other, about this many tiles do in one of them. */
const tilesInRow = 3;
/** Of the space above a group, in rows of tiles. */
const gapRows = 0.25;

/** @returns one column, where there is but one group, or two that follow each other in the groups' order */
export function inColumns(groups: readonly AgentGroup[]): [AgentGroup[], AgentGroup[]] | [AgentGroup[]] {
  const rows = groups.map(({ agents }) => Math.ceil(agents.length / tilesInRow) + gapRows);
  const all = rows.reduce((sum, each) => sum + each, 0);
  let best = { at: groups.length, height: all };
  let above = 0;
  for (const [at, each] of rows.entries()) {
    const height = Math.max(above, all - above);
    if (at > 0 && height < best.height) best = { at, height };
    above += each;
  }
  const [first, second] = [groups.slice(0, best.at), groups.slice(best.at)];
  return second.length === 0 ? [first] : [first, second];
}
