/** Names what a process runs: the same for each start of one container, another for each change of its program or configuration. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export function programOf(config: unknown): string {
  const hash = createHash("sha256").update(JSON.stringify(config));
  const [, path] = process.argv;
  if (path !== undefined) hash.update(readFileSync(path));
  return hash.digest("hex").slice(0, 16);
}
