/** Notes on this computer the digests of the programs that it has stored on machines, in one file a site: it vouches for them later. */
import { readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { writeDurablySync } from "../../hub/io/write-durably.ts";
import { keptNotes } from "./archive-script.ts";
import { unpackFolder } from "./program.ts";

const Notes = z.array(z.object({ machine: z.string(), number: z.number(), sha256: z.string() }));
type Notes = z.infer<typeof Notes>;

/** Beside the folder of the unpacked programs, which goes when their secrets are exchanged. */
export const ownNotesPath = (siteFolder: string): string => `${unpackFolder(siteFolder, "")}.json`;

export function notedHere(siteFolder: string, machine: string, number: number): string | undefined {
  return read(siteFolder).find((one) => one.machine === machine && one.number === number)?.sha256;
}

/** The highest number of a deployment that was stored from here. */
export const newestNotedHere = (siteFolder: string): number =>
  Math.max(0, ...read(siteFolder).map(({ number }) => number));

/** @param digests by machine. No error where it cannot be written. */
export function noteHere(siteFolder: string, number: number, digests: ReadonlyMap<string, string>): void {
  const others = read(siteFolder).filter((one) => !(one.number === number && digests.has(one.machine)));
  const all = others.concat([...digests].map(([machine, sha256]) => ({ machine, number, sha256 })));
  const kept = [...Map.groupBy(all, ({ machine }) => machine).values()].flatMap((own) => own.slice(-keptNotes));
  try {
    writeDurablySync(ownNotesPath(siteFolder), Buffer.from(`${JSON.stringify(kept)}\n`));
  } catch {
    // The machines note it as well; an older note of the same number would contradict them.
    forget(ownNotesPath(siteFolder));
  }
}

function forget(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A file system that takes no writes at all: who is refused because of it is told which file it is.
  }
}

function read(siteFolder: string): Notes {
  try {
    return Notes.parse(JSON.parse(readFileSync(ownNotesPath(siteFolder), "utf8")));
  } catch {
    return [];
  }
}
