/** A folder from which Pulumi runs this repository's program against a lab, without a change to the repository's own stacks. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SatelliteStackConfig, StackConfig } from "./stack-config.ts";
import { stackFile } from "./stack-config.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Writes Pulumi.yaml and a file for each stack. A stack's file is left alone once it is there: `pulumi stack init` has put
 * its salt into it.
 * @param stacks configuration by stack
 */
export function writeProject(folder: string, stacks: Record<string, StackConfig | SatelliteStackConfig>): void {
  mkdirSync(folder, { recursive: true });
  const project = readFileSync(join(repository, "Pulumi.yaml"), "utf8");
  writeFileSync(join(folder, "Pulumi.yaml"), projectFile(project, join(repository, "index.ts")));
  for (const [stack, config] of Object.entries(stacks)) {
    writeUnlessThere(join(folder, `Pulumi.${stack}.yaml`), stackFile(config));
  }
}

/** The project's text with another program to run. */
export function projectFile(text: string, program: string): string {
  const found = text.replace(/^main: .*$/m, () => `main: ${JSON.stringify(program)}`);
  if (found === text) throw new RangeError("Pulumi.yaml has no line `main:`");
  return found;
}

function writeUnlessThere(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // writeFileSync throws no other kind
  }
}
