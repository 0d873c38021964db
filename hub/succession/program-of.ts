/** What a process runs, and since when that is there: the same for each start of one container. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";

/** Another one for each change of program or configuration. */
export function programOf(config: unknown): string {
  const hash = createHash("sha256").update(JSON.stringify(config));
  const [, path] = process.argv;
  if (path !== undefined) hash.update(readFileSync(path));
  return hash.digest("hex").slice(0, 16);
}

/** When the container was made, by the file that Docker leaves in it; outside of one, when the process was started. Wall clock, ms. */
export function madeAtMs(): number {
  const { mtimeMs } = statSync("/.dockerenv", { throwIfNoEntry: false }) ?? {};
  return mtimeMs ?? performance.timeOrigin;
}
