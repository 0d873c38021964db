/** Builds each of our programs that run on a machine into one file, page and dependencies inside: the same sources give the same bytes. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import * as marked from "marked";
import type { Bundles, ProgramName } from "../components/program-image.ts";
import { openApiDocument } from "../hub/http/openapi.ts";
import { messageOf } from "../hub/io/log.ts";
import { bundlePage } from "../hub/page/bundle.ts";
import { OperatorError } from "./error.ts";
import { type LockedPackage, packagePathOf, readLockfile } from "./supply/lockfile.ts";
import { sbomText } from "./supply/sbom.ts";

/** Each program with the packages whose code is in it; their bill of materials lies beside the bundle. */
export type Built = { [Name in ProgramName]: Bundles[Name] & { packages: LockedPackage[] } };

export interface BuildOptions {
  /** Folder that receives the bundles, each in a folder of its own name. @default dist/ beside package.json */
  outDir?: string;
}

/** The hub, and the processes beside it that outlive it. */
const entries: Record<ProgramName, string> = {
  hub: "hub/main.ts",
  router: "hub/router/main.ts",
  supervisor: "hub/supervisor/main.ts",
};

const root = fileURLToPath(new URL("..", import.meta.url));

/** CommonJS packages inside an ES module still ask for Node's own modules by require. */
const banner = `import { createRequire as tandemRequire } from "node:module";
const require = tandemRequire(import.meta.url);`;

/**
 * Puts each in place by a rename, so that one that runs from the file and another build at the same time are safe.
 * @throws Error of esbuild when a source does not compile; OperatorError when the folder takes no files.
 */
export async function build(options: BuildOptions = {}): Promise<Built> {
  const outDir = resolve(options.outDir ?? join(root, "dist"));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }; // npm demands it
  const pageInputs: string[] = [];
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, file]) => [`${name}/${name}`, file])),
    outdir: outDir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    // An unpacked program borrows the dependencies of the working tree by a link; its bundle is the same all the same.
    preserveSymlinks: true,
    minifySyntax: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node24",
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    logLevel: "error",
    banner: { js: banner },
    define: {
      TANDEM_VERSION: JSON.stringify(version),
      TANDEM_PAGE: JSON.stringify(bundlePage(esbuild, marked, (path) => void pageInputs.push(path))),
      TANDEM_OPENAPI: JSON.stringify(JSON.stringify(openApiDocument(version))),
    },
  });
  const names = Object.keys(entries) as ProgramName[]; // our own keys
  const locked = readLockfile(root);
  const bundles = names.map((name): [ProgramName, Built[ProgramName]] => {
    const path = join(outDir, name, `${name}.mjs`);
    const bytes = outputFiles.find((file) => file.path === path)?.contents;
    const output = metafile.outputs[relative(root, path)];
    if (bytes === undefined || output === undefined) throw new Error(`the build made no ${name}.mjs`);
    // Only the hub serves the page.
    const inputs = [...inside(output), ...(name === "hub" ? pageInputs : [])];
    const packages = packagesOf(inputs, locked);
    putInPlace(join(outDir, name, `${name}.cdx.json`), sbomText({ name: `tandem-${name}`, version }, packages));
    putInPlace(path, bytes);
    return [name, { path, contentHash: createHash("sha256").update(bytes).digest("hex"), packages }];
  });
  return Object.fromEntries(bundles) as Built; // of all names
}

/** What of a source is left out of the bundle is not shipped. */
const inside = ({ inputs }: esbuild.Metafile["outputs"][string]): string[] =>
  Object.keys(inputs).filter((path) => (inputs[path]?.bytesInOutput ?? 0) > 0);

function packagesOf(inputs: readonly string[], locked: ReadonlyMap<string, LockedPackage>): LockedPackage[] {
  const paths = new Set(inputs.flatMap((path) => packagePathOf(path) ?? []));
  return [...paths].toSorted().map((path) => {
    const found = locked.get(path);
    if (found === undefined) throw new Error(`${path} is in a bundle, and not in package-lock.json`);
    return found;
  });
}

function putInPlace(path: string, bytes: Uint8Array | string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true });
    const work = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    try {
      writeFileSync(work, bytes);
      renameSync(work, path);
    } finally {
      rmSync(work, { force: true });
    }
  } catch (error) {
    const what = `cannot write what was built to ${path}: ${messageOf(error)}`;
    throw new OperatorError("build.unwritable", what, `Make ${folder} writable, or remove it`);
  }
}

if (import.meta.main) {
  const bundles = await build();
  const lines = Object.values(bundles).map(
    ({ path, contentHash }) => `${path}  ${(statSync(path).size / 1024).toFixed(0)} KiB  sha256:${contentHash}`,
  );
  process.stdout.write(`${process.argv.includes("--json") ? JSON.stringify(bundles) : lines.join("\n")}\n`);
}
