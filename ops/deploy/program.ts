/** Packs the program that an `up` runs, with its stacks' files and the fleet, into one archive, and unpacks it so that it runs again. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { parse, parseDocument } from "yaml";
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import { isRecord, type Stack } from "../site/stacks.ts";

/** What an `up` reads, beside the stacks' files; the hub's page has the runbooks. */
const folders = ["components", "docs/runbooks", "fleet", "hub", "ops"];
const files = ["package.json", "package-lock.json", "tsconfig.json"];
const dependencies = "node_modules";
const npmMs = 600_000;

const run = promisify(execFile);

/** A folder from which the engine runs a program. */
export interface Program {
  /** With Pulumi.yaml and the stacks' files. */
  readonly folder: string;
}

/** Where the program of a site lies: beside its Pulumi.yaml, or where `main` says. */
export function programRoot(siteFolder: string): { root: string; main: string } {
  const path = join(siteFolder, "Pulumi.yaml");
  if (!existsSync(path)) {
    throw new OperatorError("deploy.no-site", `${path} does not exist`, "Name the folder with Pulumi.yaml with --dir");
  }
  const project: unknown = parse(readFileSync(path, "utf8"));
  const main = resolve(siteFolder, isRecord(project) && typeof project.main === "string" ? project.main : "index.ts");
  return { root: dirname(main), main: basename(main) };
}

/** @param stacks whose files go with it. A fleet of another folder becomes the archive's own. */
export async function packProgram(siteFolder: string, stacks: readonly Stack[]): Promise<Buffer> {
  const { root, main } = programRoot(siteFolder);
  const work = mkdtempSync(join(tmpdir(), "tandem-program-"));
  try {
    const known = await knownToGit(root);
    const filter = (path: string) => isPacked(relative(root, path), known);
    // A link would lead nowhere in the archive.
    for (const name of [...files, main]) if (existsSync(join(root, name))) cpSync(join(root, name), join(work, name));
    for (const name of folders)
      if (existsSync(join(root, name)))
        cpSync(join(root, name), join(work, name), { recursive: true, dereference: true, filter });
    const project = parseDocument(readFileSync(join(siteFolder, "Pulumi.yaml"), "utf8"));
    project.set("main", main);
    writeFileSync(join(work, "Pulumi.yaml"), project.toString({ lineWidth: 0 }));
    for (const stack of stacks) writeFileSync(join(work, basename(stack.path)), relocatable(stack));
    const elsewhere = stacks.find(({ site }) => site.fleet.directory !== "")?.site.fleet.directory;
    if (elsewhere !== undefined) replaceInventory(join(work, "fleet"), elsewhere);
    const { stdout } = await run("tar", ["-czf", "-", "-C", work, "."], {
      encoding: "buffer",
      maxBuffer: 256 * 1024 ** 2,
    });
    return stdout;
  } catch (error) {
    throw new OperatorError(
      "deploy.pack",
      `the program in ${root} cannot be packed: ${messageOf(error)}`,
      "It needs tar, and room in the folder for temporary files",
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What may hold a secret in plain: an archive goes to every machine. */
const neverPacked = /(^|\/)\.|\.key$|\.pem$|passphrase[^/]*(?<!\.ts)$/i;
/** An `up` reads them whether or not git does. */
const inventory = /^fleet\/[^/]+\.yaml$/;

/**
 * @param path relative to the program
 * @param known files and the folders above them; undefined where git is not there
 */
export function isPacked(path: string, known: ReadonlySet<string> | undefined): boolean {
  if (neverPacked.test(path)) return false;
  return known === undefined || known.has(path) || inventory.test(path);
}

async function knownToGit(root: string): Promise<Set<string> | undefined> {
  try {
    const args = ["-C", root, "ls-files", "-co", "--exclude-standard", "-z"];
    const { stdout } = await run("git", args, { maxBuffer: 64 * 1024 ** 2 });
    const names = stdout.split("\0").filter((name) => name !== "");
    if (names.length === 0) return undefined;
    return new Set(names.flatMap((name) => name.split("/").map((_, i, parts) => parts.slice(0, i + 1).join("/"))));
  } catch {
    return undefined;
  }
}

/** The stack's file, with the fleet beside the program. */
function relocatable({ path, site }: Stack): string {
  const text = readFileSync(path, "utf8");
  if (site.fleet.directory === "") return text;
  const document = parseDocument(text);
  // Its only key.
  document.deleteIn(["config", "tandem:fleet"]);
  return document.toString({ lineWidth: 0 });
}

function replaceInventory(folder: string, from: string): void {
  const inventories = (at: string) => readdirSync(at).filter((name) => name.endsWith(".yaml"));
  for (const name of inventories(folder)) rmSync(join(folder, name));
  for (const name of inventories(from)) cpSync(join(from, name), join(folder, name), { dereference: true });
}

/** Where unpacked programs lie on this computer, per site. */
export function unpackFolder(siteFolder: string, name: string): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const site = createHash("sha256").update(resolve(siteFolder)).digest("hex").slice(0, 8);
  return join(cache, "tandem", "deployments", site, name);
}

/** Resolves once the program can be run from there. @param say told of what takes long */
export async function unpackProgram(
  archive: Buffer,
  folder: string,
  siteFolder: string,
  say: (line: string) => void,
): Promise<Program> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, ".program.tgz");
  writeFileSync(path, archive, { mode: 0o600 });
  try {
    await run("tar", ["-xzf", path, "-C", folder]);
    rmSync(path);
    await giveDependencies(folder, programRoot(siteFolder).root, say);
  } catch (error) {
    throw new OperatorError("deploy.unpack", `${folder}: ${messageOf(error)}`, "It needs tar and npm, and room there");
  }
  return { folder };
}

/** Those of the working tree where they are the same, so that nothing is fetched. */
async function giveDependencies(folder: string, root: string, say: (line: string) => void): Promise<void> {
  const lock = (at: string) =>
    existsSync(join(at, "package-lock.json")) ? readFileSync(join(at, "package-lock.json"), "utf8") : "";
  if (existsSync(join(root, dependencies)) && lock(folder) === lock(root)) {
    symlinkSync(join(root, dependencies), join(folder, dependencies));
    return;
  }
  say("its package-lock.json is another one: npm ci fetches what it needs");
  const options = { cwd: folder, timeout: npmMs };
  // As setup.mjs does: no package runs a script of its own, but the one that links the Node.
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], options);
  await run("npm", ["rebuild", "node", "--ignore-scripts=false"], options);
}

/** Whether git knows the program's folder, and what it says of it. */
export async function commitOf(siteFolder: string): Promise<{ commit: string | null; dirty: boolean }> {
  const git = async (...args: string[]) =>
    (await run("git", ["-C", programRoot(siteFolder).root, ...args])).stdout.trim();
  try {
    return { commit: await git("rev-parse", "HEAD"), dirty: (await git("status", "--porcelain")) !== "" };
  } catch {
    return { commit: null, dirty: false };
  }
}
