/** Asks a machine which of the files put there are still what was put there: the script, and what its answer means. */
import { posix } from "node:path";
import { shellQuote } from "./shell.ts";

/** Prints a line a directory and a line a file under these directories, for `parseListing`; runs in well under a second. */
export function listingScript(roots: readonly string[]): string {
  return [
    "set -eu",
    `for root in ${roots.map(shellQuote).join(" ")}; do`,
    // Above it too: they are what is left when all of it was deleted.
    "  above=$root",
    '  while above=$(dirname "$above") && [ "$above" != / ]; do',
    `    if [ -d "$above" ]; then stat -c 'directory %Y %n' "$above"; fi`,
    "  done",
    '  [ -d "$root" ] || continue',
    // No deeper: the streams' own folders begin there.
    `  find "$root" -maxdepth 3 -type d -exec stat -c 'directory %Y %n' {} +`,
    // Whoever looks has put them there. Others may put down what they like in directories of their own, and a line that they
    // write would be taken for an answer of this machine.
    '  find "$root" -maxdepth 4 -type f -user "$(id -u)" -name ".*.deployed" | while IFS= read -r record; do',
    '    recorded=$(head -c 64 "$record")',
    "    case $recorded in *[!0-9a-f]*) continue ;; esac",
    '    file=$(dirname "$record")/$(basename "$record" .deployed | cut -c 2-)',
    '    if [ -f "$file" ] && [ ! -L "$file" ]; then',
    '      printf "file %s %s %s %s\\n" "$recorded" "$(sha256sum <"$file" | cut -c 1-64)" "$(stat -c %Y "$file")" "$file"',
    '    else printf "file %s absent 0 %s\\n" "$recorded" "$file"; fi',
    "  done",
    "done",
  ].join("\n");
}

interface Listing {
  /** Path to time of last change, seconds. */
  directories: Map<string, string>;
  files: Map<string, { recorded: string; found: string; changedAt: string }>;
}

/** Reads what `listingScript` printed; lines of another form are passed over, as a shell's greeting would be. */
export function parseListing(text: string): Listing {
  const listing: Listing = { directories: new Map(), files: new Map() };
  for (const line of text.split("\n")) {
    const [, changed = "", directory] = /^directory (\d+) (\/.*)$/.exec(line) ?? [];
    if (directory !== undefined) listing.directories.set(directory, changed);
    const [, recorded = "", found = "", changedAt = "", path] =
      /^file ([\da-f]{64}) ([\da-f]{64}|absent) (\d+) (\/.*)$/.exec(line) ?? [];
    if (path !== undefined) listing.files.set(path, { recorded, found, changedAt });
  }
  return listing;
}

export interface FileChange {
  path: string;
  kind: "differs" | "missing";
}

/** What was found under the directories that were looked at. */
export class FoundFiles {
  readonly #roots: readonly string[];
  readonly #listing: Listing;

  constructor(roots: readonly string[], listing: Listing) {
    this.#roots = roots;
    this.#listing = listing;
  }

  /**
   * What a file has become, as a word that is another one for each change; undefined for a file that is as it was put there, and
   * for one that was not looked at.
   */
  changeOf(path: string): string | undefined {
    if (!this.#roots.some((root) => path.startsWith(`${root}/`))) return undefined;
    const file = this.#listing.files.get(path);
    if (file === undefined || file.found === "absent") return `absent, ${this.#folderOf(path)}`;
    if (file.found === file.recorded) return undefined;
    return `changed by hand at ${timeOf(file.changedAt)} to sha256 ${file.found}`;
  }

  /** Files that were put there and are not what was put there. */
  changed(): FileChange[] {
    return [...this.#listing.files]
      .filter(([, { recorded, found }]) => recorded !== found)
      .map(([path, { found }]) => ({ path, kind: found === "absent" ? "missing" : "differs" }));
  }

  /** The nearest directory that is there and when it changed: it tells two deletions of a file apart. */
  #folderOf(path: string): string {
    for (let at = posix.dirname(path); at !== "/"; at = posix.dirname(at)) {
      const changed = this.#listing.directories.get(at);
      if (changed !== undefined) return `${at} last changed at ${timeOf(changed)}`;
    }
    return "and no directory above it is there";
  }
}

function timeOf(seconds: string): string {
  return new Date(Number(seconds) * 1000).toISOString();
}
