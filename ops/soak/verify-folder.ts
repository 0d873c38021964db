/** Holds a run's folder, and the copies kept on the machines, against what was signed. */
import { keptCheckpoints } from "./keep-checkpoint.ts";
import { readCheckpoints, readRun } from "./store.ts";
import { type Problem, verifyChain } from "./verify.ts";

export async function verifyFolder(dir: string): Promise<{ checkpoints: number; problems: Problem[] }> {
  const { settings, sliceLines, eventLines } = readRun(dir);
  const checkpoints = readCheckpoints(dir);
  const copies = await keptCheckpoints({ out: dir, run: settings.run, hubUrls: settings.hubUrls });
  const { publicKey } = settings;
  const problems = verifyChain({ checkpoints, copies, slices: sliceLines, events: eventLines, publicKey });
  return { checkpoints: checkpoints.size, problems };
}
