/** Builds each of our programs that run on a machine into one file, page and dependencies inside: the same sources give the same bytes. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import * as marked from "marked";
import type { Bundles, ProgramName } from "../components/program-image.ts";
import { openApiDocument } from "../hub/http/openapi.ts";
import { bundlePage } from "../hub/page/bundle.ts";

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
 * @throws Error of esbuild when a source does not compile.
 */
export async function build(options: BuildOptions = {}): Promise<Bundles> {
  const outDir = resolve(options.outDir ?? join(root, "dist"));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }; // npm demands it
  const { outputFiles } = await esbuild.build({
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
    logLevel: "error",
    banner: { js: banner },
    define: {
      TANDEM_VERSION: JSON.stringify(version),
      TANDEM_PAGE: JSON.stringify(bundlePage(esbuild, marked)),
      TANDEM_OPENAPI: JSON.stringify(JSON.stringify(openApiDocument(version))),
    },
  });
  const names = Object.keys(entries) as ProgramName[]; // our own keys
  const bundles = names.map((name): [ProgramName, Bundles[ProgramName]] => {
    const path = join(outDir, name, `${name}.mjs`);
    const bytes = outputFiles.find((file) => file.path === path)?.contents;
    if (bytes === undefined) throw new Error(`the build made no ${name}.mjs`);
    putInPlace(path, bytes);
    return [name, { path, contentHash: createHash("sha256").update(bytes).digest("hex") }];
  });
  return Object.fromEntries(bundles) as Bundles; // of all names
}

function putInPlace(path: string, bytes: Uint8Array): void {
  mkdirSync(resolve(path, ".."), { recursive: true });
  const work = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    writeFileSync(work, bytes);
    renameSync(work, path);
  } finally {
    rmSync(work, { force: true });
  }
}

if (import.meta.main) {
  const bundles = await build();
  const lines = Object.values(bundles).map(
    ({ path, contentHash }) => `${path}  ${(statSync(path).size / 1024).toFixed(0)} KiB  sha256:${contentHash}`,
  );
  process.stdout.write(`${process.argv.includes("--json") ? JSON.stringify(bundles) : lines.join("\n")}\n`);
}
