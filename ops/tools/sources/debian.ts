/** Takes a program from the packages of Debian and its kin: only unpacked, or installed when its libraries are needed. */
import { join } from "node:path";
import { findInPath } from "../find.ts";
import { run } from "../run.ts";

const isRoot = () => process.getuid?.() === 0;

/** Unpacks one package into `folder`, needing no root. Returns the program's path there. */
export async function fromDebianPackage(
  source: { package: string; member: string },
  folder: string,
  say: (line: string) => void,
): Promise<string> {
  const apt = aptGet();
  say(`downloading Debian's package ${source.package}`);
  await withLists(apt, say, () => run(apt, ["download", source.package], { cwd: folder }));
  await run("sh", ["-c", 'dpkg-deb -x ./*.deb "$1"', "sh", folder], { cwd: folder });
  return join(folder, source.member);
}

/** Installs the package with what it needs; the program is in PATH afterwards. */
export async function installDebianPackage(source: { package: string }, say: (line: string) => void): Promise<void> {
  const apt = aptGet();
  if (!isRoot()) throw new Error(`needs root: sudo apt-get install ${source.package}`);
  const args = ["install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", source.package];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  say(`installing Debian's package ${source.package} with what it needs, a minute or two`);
  const onLine = (line: string) => {
    if (/^(Need to get|Fetched) /.test(line)) say(line);
  };
  await withLists(apt, say, () => run(apt, args, { env, onLine }));
}

function aptGet(): string {
  const [apt] = findInPath(["apt-get"]);
  if (apt === undefined) throw new Error("apt-get is not in PATH: this is no Debian");
  return apt;
}

/** Package lists may be missing, as on a new machine, or name a version that is no longer served. */
async function withLists(apt: string, say: (line: string) => void, work: () => Promise<void>): Promise<void> {
  try {
    return await work();
  } catch (error) {
    if (!isRoot()) throw new Error(`${(error as Error).message}\n  maybe the lists are old: sudo apt-get update`); // run throws errors
  }
  say("updating the package lists (apt-get update)");
  await run(apt, ["update", "-q"]);
  await work();
}
