/** Keeps the highest epoch of each service on disk, whole and synced before anyone may rely on it. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { Epoch } from "../core/failover/epoch.ts";
import type { Epochs } from "../core/router/route-table.ts";
import { writeDurably } from "../io/write-durably.ts";

const EpochFile = z.strictObject({ v: z.literal(1), epochs: z.record(z.string(), Epoch) });

/**
 * None when there is no file yet.
 * @throws Error when it is not one of ours: to begin anew would take a stale owner's word
 */
export function readEpochs(path: string): Epochs {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map(); // fs errors carry a code
    throw error;
  }
  try {
    return new Map(Object.entries(EpochFile.parse(JSON.parse(text)).epochs));
  } catch {
    throw new Error(
      `${path} is no file of epochs. Remove it once the hub of this machine runs: the hub's next words fill it again`,
    );
  }
}

export function writeEpochs(path: string, epochs: Epochs): Promise<void> {
  return writeDurably(path, `${JSON.stringify({ v: 1, epochs: Object.fromEntries(epochs) })}\n`);
}
