/** Holds a run's folder, and the copies kept on the machines, against what was signed. */
import { keptCheckpoints } from "./keep-checkpoint.ts";
import { readCheckpoints, readRun } from "./store.ts";
import { type Problem, verifyChain } from "./verify.ts";

export interface Verified {
  checkpoints: number;
  /** Copies that the hubs hold; undefined where none answers, so that nothing could be held against them. */
  copies: number | undefined;
  problems: Problem[];
}

export async function verifyFolder(dir: string): Promise<Verified> {
  const { settings, sliceLines, eventLines } = readRun(dir);
  const checkpoints = readCheckpoints(dir);
  const copies = await keptCheckpoints(settings);
  const { publicKey } = settings;
  const evidence = { checkpoints, copies: copies ?? new Map(), slices: sliceLines, events: eventLines, publicKey };
  return { checkpoints: checkpoints.size, copies: copies?.size, problems: verifyChain(evidence) };
}
