/** Finds a program that Tandem runs, or fetches it from the first source that this computer reaches. */
import { rmSync } from "node:fs";
import { OperatorError } from "../error.ts";
import { cacheFolder, keep, keptPrograms, makeWorkFolder, removeLeftovers, withLock } from "./cache.ts";
import { findInPath, isExecutable } from "./find.ts";
import { interruptible } from "./interrupt.ts";
import { fromDebianPackage, installDebianPackage } from "./sources/debian.ts";
import { fromGo } from "./sources/go-install.ts";
import { fromRelease } from "./sources/release.ts";
import type { Surroundings } from "./sources/surroundings.ts";
import { platformOf, type Source, type Tool, type ToolName, toolOf } from "./tool.ts";
import { askVersion, formatVersion, isAtLeast, type Version } from "./version.ts";

type Say = (line: string) => void;

interface Found {
  path: string;
  version: Version;
}

const found = new Map<ToolName, Promise<string>>();

/**
 * Resolves with the absolute path of a program that is new enough. Looks at the tool's environment variable, PATH and the
 * cache, then tries the sources; `say` gets a line for each step.
 * @throws OperatorError `tool.override` when the variable names no usable program, `tool.missing` with what was tried,
 * `tool.cache` when nothing can be kept, `tool.interrupted`.
 */
export function ensureTool(name: ToolName, say: Say): Promise<string> {
  const known = found.get(name);
  if (known !== undefined) return known;
  const path = obtain(toolOf(name), cacheFolder(), say);
  found.set(name, path);
  path.catch(() => found.delete(name));
  return path;
}

/** `ensureTool` for a tool and a cache of one's own; asks anew each time. */
export async function obtain(tool: Tool, folder: string, say: Say): Promise<string> {
  const line = (text: string) => say(`${tool.name}: ${text}`);
  const path = process.env[tool.variable];
  if (path) return await overridden(tool, path, line);
  const here = await lookFor(tool, folder, line);
  if (here !== undefined) return here.path;
  return await interruptible(async (signal) => {
    const guard = { signal, onWait: (pid: number) => line(`process ${pid} is fetching it, waiting`) };
    const fetched = withLock(folder, tool.name, guard, async () => {
      const meanwhile = newest(await usable(tool, keptPrograms(folder, tool.name), line));
      if (meanwhile !== undefined) return meanwhile.path;
      removeLeftovers(folder, tool.name);
      return await fetchFrom(tool, folder, signal, line);
    });
    return await fetched.catch((error: unknown) => {
      throw unusable(tool, folder, error) ?? error;
    });
  });
}

/** Of what the file system said; all else is said already. */
function unusable(tool: Tool, folder: string, error: unknown): OperatorError | undefined {
  if (error instanceof OperatorError || !(error instanceof Error) || !("code" in error)) return undefined;
  return new OperatorError(
    "tool.cache",
    `${tool.name} cannot be fetched into ${folder}: ${error.message}`,
    `Make that folder writable, name another with XDG_CACHE_HOME, or name the program in ${tool.variable}`,
  );
}

async function overridden(tool: Tool, path: string, say: Say): Promise<string> {
  const next = `Correct ${tool.variable}, or unset it to have ${tool.name} looked for`;
  const version = await askVersion(path).catch((error: Error) => {
    throw new OperatorError("tool.override", `${tool.variable} names no usable program: ${error.message}`, next);
  });
  if (!isAtLeast(version, tool.least))
    throw new OperatorError("tool.override", `${tool.variable} names ${tooOld(tool, { path, version })}`, next);
  say(`${formatVersion(version)}, ${path} (${tool.variable})`);
  return path;
}

async function lookFor(tool: Tool, folder: string, say: Say): Promise<Found | undefined> {
  const installed = [...findInPath(tool.programs), ...tool.places.filter(isExecutable)];
  const [first] = await usable(tool, installed, say, 1);
  const best = first ?? newest(await usable(tool, keptPrograms(folder, tool.name).filter(isExecutable), say));
  if (best !== undefined) say(`${formatVersion(best.version)}, ${best.path}`);
  return best;
}

/** Those that run and are new enough, `count` at most; says why of the others. */
async function usable(tool: Tool, paths: readonly string[], say: Say, count = Number.POSITIVE_INFINITY) {
  const good: Found[] = [];
  for (const path of paths) {
    if (good.length >= count) break;
    try {
      const version = await askVersion(path);
      if (isAtLeast(version, tool.least)) good.push({ path, version });
      else say(`passing over ${tooOld(tool, { path, version })}`);
    } catch (error) {
      say(`passing over ${path}: ${(error as Error).message}`); // askVersion throws errors
    }
  }
  return good;
}

async function fetchFrom(tool: Tool, folder: string, signal: AbortSignal, say: Say): Promise<string> {
  const failures: string[] = [];
  for (const source of tool.sources) {
    try {
      const { path, version } = await take(tool, source, folder, signal, say);
      say(`${formatVersion(version)}, ${path}`);
      return path;
    } catch (error) {
      const reason = (error as Error).message; // all sources throw errors
      if (signal.aborted) throw interrupted(tool, signal);
      failures.push(`${describe(source)}: ${reason}`);
      say(`not from ${describe(source)}: ${reason.split("\n")[0]}`);
    }
  }
  const tried = ["the variable, PATH and the cache: not there or too old", ...failures];
  throw new OperatorError(
    "tool.missing",
    `${tool.name} ${formatVersion(tool.least)} or later cannot be had:\n${tried.map((way) => `    ${way.replaceAll("\n", "\n    ")}`).join("\n")}`,
    `By hand: ${tool.byHand}; then put it in PATH or name it in ${tool.variable}`,
  );
}

async function take(tool: Tool, source: Source, folder: string, signal: AbortSignal, say: Say): Promise<Found> {
  if (source.kind === "debian-install") {
    await installDebianPackage(source.package, { signal, say });
    const [first] = await usable(tool, findInPath(tool.programs), say, 1);
    if (first === undefined) throw new Error(`${source.package} is installed, but brought no usable ${tool.name}`);
    return first;
  }
  const work = makeWorkFolder(folder, tool.name);
  try {
    const program = await unpack(source, { folder: work, signal, say });
    const version = await askVersion(program);
    if (!isAtLeast(version, tool.least)) throw new Error(tooOld(tool, { path: program, version }));
    return { path: keep(folder, tool.name, formatVersion(version), program), version };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function unpack(source: Exclude<Source, { kind: "debian-install" }>, around: Surroundings): Promise<string> {
  switch (source.kind) {
    case "release": {
      const release = source.releases[platformOf()];
      if (release === undefined) throw new Error(`no checksum is pinned for ${platformOf()}`);
      return await fromRelease(release, around);
    }
    case "go":
      return await fromGo(source, around);
    case "debian-unpack":
      return await fromDebianPackage(source, around);
  }
}

function interrupted(tool: Tool, signal: AbortSignal): OperatorError {
  const what = `${tool.name} was not installed: ${(signal.reason as Error).message}`; // interruptible gives an error
  return new OperatorError("tool.interrupted", what, "Run the same command again; nothing half was left behind");
}

function describe(source: Source): string {
  switch (source.kind) {
    case "release":
      return "the project's release";
    case "go":
      return `go install ${source.module}@${source.version}`;
    case "debian-unpack":
    case "debian-install":
      return `Debian's package ${source.package}`;
  }
}

function newest(candidates: readonly Found[]): Found | undefined {
  return candidates.reduce<Found | undefined>(
    (best, one) => (best === undefined || isAtLeast(one.version, best.version) ? one : best),
    undefined,
  );
}

const tooOld = (tool: Tool, { path, version }: Found) =>
  `${path}: it is ${formatVersion(version)}, but ${formatVersion(tool.least)} or later is needed for ${tool.leastReason}`;
