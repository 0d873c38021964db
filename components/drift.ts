/** Looks at the files on a machine before anything is declared, so that what was changed there by hand shows in the preview. */
import { FoundFiles, listingScript, parseListing } from "./drift-script.ts";
import { askMachine, type Reach, shellCommand } from "./reach.ts";

/**
 * Lists the files that were put under these directories of a machine.
 * @throws Unanswered with the words of ssh or of the script when the machine cannot be asked
 *
 * @param roots absolute paths @example ["/etc/tandem", "/var/lib/tandem"]
 */
export async function findFiles(reach: Reach, roots: readonly string[]): Promise<FoundFiles> {
  return new FoundFiles(roots, parseListing(await askMachine(shellCommand(reach, listingScript(roots)))));
}
