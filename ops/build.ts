/** Builds each program of the hub's image into one file, page and dependencies inside: the same sources give the same bytes. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { bundlePage } from "../hub/page/bundle.ts";

export interface BuildOptions {
  /** Folder that receives the bundles. @default dist/ beside package.json */
  outDir?: string;
}

export interface BuiltHub {
  /** Absolute path of the hub's bundle; the others lie beside it. */
  hubPath: string;
  routerPath: string;
  supervisorPath: string;
  /** SHA-256 of the bytes of all, hex. */
  contentHash: string;
}

/** What the image carries: the hub, and the processes beside it that outlive it. */
const entries = {
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
export async function build(options: BuildOptions = {}): Promise<BuiltHub> {
  const outDir = resolve(options.outDir ?? join(root, "dist"));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }; // npm demands it
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: outDir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    minifySyntax: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node24",
    charset: "utf8",
    legalComments: "none",
    logLevel: "error",
    banner: { js: banner },
    define: { TANDEM_VERSION: JSON.stringify(version), TANDEM_PAGE: JSON.stringify(bundlePage(esbuild)) },
  });
  const hash = createHash("sha256");
  const pathOf = (name: keyof typeof entries) => join(outDir, `${name}.mjs`);
  for (const name of Object.keys(entries) as (keyof typeof entries)[]) {
    const bytes = outputFiles.find(({ path }) => path === pathOf(name))?.contents;
    if (bytes === undefined) throw new Error(`the build made no ${name}.mjs`);
    hash.update(bytes);
    putInPlace(pathOf(name), bytes);
  }
  const contentHash = hash.digest("hex");
  return { hubPath: pathOf("hub"), routerPath: pathOf("router"), supervisorPath: pathOf("supervisor"), contentHash };
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
  const { contentHash, ...paths } = await build();
  const sizes = Object.values(paths).map((path) => `${path}  ${(statSync(path).size / 1024).toFixed(0)} KiB`);
  const text = process.argv.includes("--json")
    ? JSON.stringify({ ...paths, contentHash })
    : [...sizes, `sha256:${contentHash}`].join("\n");
  process.stdout.write(`${text}\n`);
}
