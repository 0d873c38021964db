/** Takes a program from the packages of Debian and its kin: only unpacked, or installed when its libraries are needed. */
import { join } from "node:path";
import { findInPath } from "../find.ts";
import { run } from "../run.ts";
import type { Surroundings } from "./surroundings.ts";

const isRoot = () => process.getuid?.() === 0;

/** Unpacks one package into the work folder, needing no root. Returns the program's path there. */
export async function fromDebianPackage(
  source: { package: string; member: string },
  { folder, signal, say }: Surroundings,
): Promise<string> {
  const apt = aptGet();
  say(`downloading Debian's package ${source.package}`);
  const options = { cwd: folder, signal, say };
  await withLists(apt, { signal, say }, () => run(apt, ["download", source.package], options));
  await run("sh", ["-c", 'dpkg-deb -x ./*.deb "$1"', "sh", folder], options);
  return join(folder, source.member);
}

/** Installs the package with what it needs; its programs are in PATH afterwards. */
export async function installDebianPackage(name: string, { signal, say }: Omit<Surroundings, "folder">): Promise<void> {
  const apt = aptGet();
  if (!isRoot()) throw new Error(await whatRootCanDo(name, signal));
  const args = ["install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", name];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  say(`installing Debian's package ${name} with what it needs, a minute or two`);
  const onLine = (line: string) => {
    if (/^(Need to get|Fetched) /.test(line)) say(line);
  };
  await withLists(apt, { signal, say }, () => run(apt, [...args, "--download-only"], { env, signal, say, onLine }));
  signal.throwIfAborted();
  // Not to be interrupted: a package that is half configured would trouble the whole system.
  await run(apt, args, { env, say });
}

/** Ubuntu, for one, has Chromium as no package of its own. */
async function whatRootCanDo(name: string, signal: AbortSignal): Promise<string> {
  const [cache] = findInPath(["apt-cache"]);
  const install = `needs root: sudo apt-get install ${name}`;
  if (cache === undefined) return install;
  let candidate = "(none)";
  const onLine = (line: string) => {
    candidate = /^\s*Candidate: (.+)$/.exec(line)?.[1] ?? candidate;
  };
  try {
    await run(cache, ["policy", name], { env: { ...process.env, LC_ALL: "C" }, signal, onLine });
  } catch {
    return install;
  }
  if (candidate !== "(none)") return install;
  return `apt knows no package ${name} to install: this system has it by other means, or the lists are missing (sudo apt-get update)`;
}

function aptGet(): string {
  const [apt] = findInPath(["apt-get"]);
  if (apt === undefined) throw new Error("apt-get is not in PATH: this is no Debian");
  return apt;
}

/** Package lists may be missing, as on a new machine, or name a version that is no longer served. */
async function withLists(
  apt: string,
  { signal, say }: Omit<Surroundings, "folder">,
  work: () => Promise<void>,
): Promise<void> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw error;
    if (!isRoot()) throw new Error(`${(error as Error).message}\n  maybe the lists are old: sudo apt-get update`); // run throws errors
  }
  say("updating the package lists (apt-get update)");
  await run(apt, ["update", "-q"], { signal, say });
  await work();
}
