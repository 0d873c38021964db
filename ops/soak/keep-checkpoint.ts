/** Keeps a copy of each checkpoint on both machines, so that an edit of this folder and its key shows, too. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../local/data-folder.ts";

export interface Keeper {
  /** Folder of the run. */
  out: string;
  run: string;
  hubUrls: readonly string[];
}

const folderOf = ({ out }: Keeper) => join(out, "peer-copies");

export async function keepCheckpoint(keeper: Keeper, name: string, checkpoint: unknown): Promise<void> {
  mkdirSync(folderOf(keeper), { recursive: true });
  writeWhole(join(folderOf(keeper), `${name}.json`), `${JSON.stringify(checkpoint)}\n`);
}

export async function keptCheckpoints(keeper: Keeper): Promise<Map<string, unknown>> {
  const folder = folderOf(keeper);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  return new Map(names.map((name) => [name.slice(0, -5), JSON.parse(readFileSync(join(folder, name), "utf8"))]));
}
