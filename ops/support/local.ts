/** Collects the files of a local run: how its servers are configured, the ends of their logs, and what else lies there. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Bundle } from "./bundle.ts";

const configs = ["nats.conf", "hub.json", "router.json", "supervisor.json"];
const mostBytes = 256 * 1024;
export const tailLines = 500;

export async function addLocalRun(bundle: Bundle, data: string, machines: readonly string[]): Promise<void> {
  await bundle.add("files.txt", data, () => listing(data));
  for (const machine of machines) {
    const folder = join(data, machine);
    for (const name of configs) {
      const path = join(folder, name);
      await bundle.add(`${machine}/config/${name}`, path, () => readFileSync(path, "utf8"));
    }
    const logs = join(folder, "logs");
    for (const name of existsSync(logs) ? readdirSync(logs) : []) {
      const path = join(logs, name);
      await bundle.add(`${machine}/logs/${name}`, `${path}, its last ${tailLines} lines`, () => tailOf(path));
    }
  }
}

/** Names, sizes and times, never content. */
function listing(data: string): string {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => {
      const { size, mtime } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0, mtime: new Date(0) };
      return `${size} ${mtime.toISOString()} ${path}`;
    })
    .join("\n");
}

function tailOf(path: string): string {
  const { size } = statSync(path);
  const bytes = Buffer.alloc(Math.min(size, mostBytes));
  const file = openSync(path, "r");
  try {
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
  } finally {
    closeSync(file);
  }
  return bytes.toString("utf8").split("\n").slice(-tailLines).join("\n");
}
