/** Fetches what the tests ask for before they start, so that no test's deadline pays for a download. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OperatorError } from "../error.ts";
import { ensureTool } from "./ensure-tool.ts";
import { toolNames } from "./tool.ts";

const folder = join(import.meta.dirname, "../../test");
const asked = new Set<string>();
for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
  if (!/\.tsx?$/.test(entry)) continue;
  for (const [, name = ""] of readFileSync(join(folder, entry), "utf8").matchAll(/ensureTool\("([a-z-]+)"/g))
    asked.add(name);
}

try {
  for (const name of toolNames.filter((one) => asked.has(one)))
    await ensureTool(name, (line) => void process.stderr.write(`${line}\n`));
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  process.stderr.write(`error: ${error.toText()}\n`);
  process.exitCode = 1;
}
