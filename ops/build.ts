/** Builds the hub into one file, page and dependencies inside: the same sources give the same bytes. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { bundlePage } from "../hub/page/bundle.ts";

export interface BuildOptions {
  /** Folder that receives hub.mjs. @default dist/ beside package.json */
  outDir?: string;
}

export interface BuiltHub {
  /** Absolute path of the bundle. */
  hubPath: string;
  /** SHA-256 of its bytes, hex. */
  contentHash: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** CommonJS packages inside an ES module still ask for Node's own modules by require. */
const banner = `import { createRequire as tandemRequire } from "node:module";
const require = tandemRequire(import.meta.url);`;

/**
 * Puts the hub in place by a rename, so that a hub that runs from the file and another build at the same time are safe.
 * @throws Error of esbuild when a source does not compile.
 */
export async function build(options: BuildOptions = {}): Promise<BuiltHub> {
  const outDir = resolve(options.outDir ?? join(root, "dist"));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }; // npm demands it
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ["hub/main.ts"],
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
  const bytes = outputFiles[0]?.contents ?? new Uint8Array();
  const hubPath = join(outDir, "hub.mjs");
  putInPlace(hubPath, bytes);
  return { hubPath, contentHash: createHash("sha256").update(bytes).digest("hex") };
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
  const { hubPath, contentHash } = await build();
  const bytes = readFileSync(hubPath).length;
  const line = process.argv.includes("--json")
    ? JSON.stringify({ hubPath, bytes, contentHash })
    : `${hubPath}  ${(bytes / 1024).toFixed(0)} KiB  sha256:${contentHash}`;
  process.stdout.write(`${line}\n`);
}
