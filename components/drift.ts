/** Looks at the files on a machine before anything is declared, so that what was changed there by hand shows in the preview. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { FoundFiles, listingScript, parseListing } from "./drift-script.ts";
import { type Reach, shellCommand } from "./reach.ts";

/** Deadline of the look at a machine, ms; a preview waits for it. */
const lookMs = 20_000;

/**
 * Lists the files that were put under these directories of a machine. Rejects with the words of ssh or of the script when the
 * machine cannot be asked.
 *
 * @param roots absolute paths @example ["/etc/tandem", "/var/lib/tandem"]
 */
export async function findFiles(reach: Reach, roots: readonly string[]): Promise<FoundFiles> {
  const [program, ...args] = shellCommand(reach, listingScript(roots));
  const look = promisify(execFile)(program, args, { timeout: lookMs, maxBuffer: 16 * 1024 ** 2 });
  look.child.stdin?.end();
  const { stdout } = await look.catch((error: Error & { stderr?: string }) => {
    // execFile's own message repeats the whole script.
    throw new Error(error.stderr?.trim().replaceAll(/\s*\n\s*/g, " ") || `no answer within ${lookMs / 1000} s`);
  });
  return new FoundFiles(roots, parseListing(stdout));
}
