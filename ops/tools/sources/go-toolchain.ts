/** Finds a Go that can build today's modules: the one here, Debian's, or a newer one that an old one fetches. */
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findInPath } from "../find.ts";
import { run } from "../run.ts";
import { platformOf } from "../tool.ts";
import { isAtLeast, parseVersion, type Version } from "../version.ts";
import { installDebianPackage } from "./debian.ts";
import type { Surroundings } from "./surroundings.ts";

/** From here on Go fetches by itself the toolchain that a module asks for. */
const fetchesToolchains: Version = [1, 21, 0];
/** What an older Go is made to fetch. */
const newerGo = "1.25.12";
/** Where Go's own archive and its packages put it, often outside of PATH. */
const usualFolders = "/usr/local/go/bin:/usr/lib/go/bin:/usr/bin";

/** Throws when there is none and none can be had. */
export async function newEnoughGo(around: Surroundings): Promise<string> {
  const go = findGo() ?? (await debianGo(around));
  const version = parseVersion(await outputOf(go, ["version"], around));
  if (version === undefined) throw new Error(`${go} version names no version`);
  return isAtLeast(version, fetchesToolchains) ? go : await fetchToolchain(go, around);
}

function findGo(): string | undefined {
  return findInPath(["go"])[0] ?? findInPath(["go"], usualFolders)[0];
}

async function debianGo(around: Surroundings): Promise<string> {
  await installDebianPackage("golang-go", around).catch((error: Error) => {
    throw new Error(`go is not in PATH, and Debian's is not to be had: ${error.message}`);
  });
  const go = findGo();
  if (go === undefined) throw new Error("Debian's package golang-go brought no go");
  return go;
}

/** Toolchains are modules too: an old Go downloads them and compares their checksums, but does not know how to use them. */
async function fetchToolchain(oldGo: string, around: Surroundings): Promise<string> {
  const platform = platformOf();
  around.say(`${oldGo} is too old to build it; getting Go ${newerGo} through it`);
  const args = ["mod", "download", "-json", `golang.org/toolchain@v0.0.1-go${newerGo}.${platform}`];
  const { Dir: dir } = JSON.parse(await outputOf(oldGo, args, around)) as { Dir: string }; // as "go help mod download" says
  // The files of a module are not executable; a toolchain's have to be.
  for (const folder of [join(dir, "bin"), join(dir, "pkg", "tool", platform.replace("-", "_"))]) {
    for (const file of readdirSync(folder)) chmodSync(join(folder, file), 0o755);
  }
  return join(dir, "bin", "go");
}

async function outputOf(go: string, args: string[], { folder, signal, say }: Surroundings): Promise<string> {
  const lines: string[] = [];
  const env = { ...process.env, GOWORK: "off", GO111MODULE: "on" };
  await run(go, args, { cwd: folder, env, signal, say, onLine: (line) => lines.push(line) });
  return lines.join("\n");
}
