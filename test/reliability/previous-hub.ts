/** The hub of an earlier commit of this repository, built by that commit's own bundler, and a config file that it takes. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";

const root = join(import.meta.dirname, "..", "..");
const [commit = ""] = readFileSync(join(import.meta.dirname, "previous-version"), "utf8").split("\n");

const ConfigModule = z.object({ HubConfig: z.custom<z.ZodType>((value) => value instanceof Object) });
const Built = z.object({ hub: z.object({ path: z.string() }) });

export interface PreviousHub {
  commit: string;
  /** Of its bundle. */
  path: string;
  /** What a config of today's is to it: without the keys that it does not know, which are named. */
  configFrom(config: unknown): { config: unknown; leftOut: string[] };
}

/** Why it cannot be had here; empty when it can. */
export function unable(): string {
  try {
    execFileSync("git", ["-C", root, "cat-file", "-e", `${commit}^{commit}`], { stdio: "ignore" });
    return "";
  } catch {
    return `this clone does not hold commit ${commit.slice(0, 8)}`;
  }
}

/** @param dir empty or new folder for its sources and its bundle */
export async function buildPrevious(dir: string): Promise<PreviousHub> {
  mkdirSync(dir, { recursive: true });
  const sources = execFileSync("git", ["-C", root, "archive", commit], { maxBuffer: 2 ** 30 });
  execFileSync("tar", ["-x", "-C", dir], { input: sources });
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  const bundles = execFileSync(process.execPath, [join(dir, "ops/build.ts"), "--json"], { cwd: dir, encoding: "utf8" });
  const { hub } = Built.parse(JSON.parse(bundles));
  const module: unknown = await import(pathToFileURL(join(dir, "hub/config.ts")).href);
  const { HubConfig } = ConfigModule.parse(module);
  return { commit, path: hub.path, configFrom: (config) => without(HubConfig, config) };
}

/** Takes unknown keys out until the schema is content. @throws ZodError for anything else that is wrong */
function without(schema: z.ZodType, config: unknown): { config: unknown; leftOut: string[] } {
  const left = structuredClone(config);
  const leftOut: string[] = [];
  for (;;) {
    const parsed = schema.safeParse(left);
    if (parsed.success) return { config: left, leftOut };
    const unknown = parsed.error.issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? [issue] : []));
    if (unknown.length === 0) throw parsed.error;
    for (const { path, keys } of unknown)
      for (const key of keys) {
        Reflect.deleteProperty(valueAt(left, path), key);
        leftOut.push([...path, key].join("."));
      }
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): object {
  const found = path.reduce<unknown>((inner, key) => Reflect.get(Object(inner), key), value);
  if (typeof found === "object" && found !== null) return found;
  throw new Error(`there is nothing at ${path.join(".")}`);
}
