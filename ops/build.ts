/** Builds each process of the hub's image into one file, page and dependencies inside: the same sources give the same bytes. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { bundlePage } from "../hub/page/bundle.ts";

export interface BuildOptions {
  /** Folder that receives hub.mjs and router.mjs. @default dist/ beside package.json */
  outDir?: string;
}

export interface BuiltHub {
  /** Absolute path of the hub's bundle. */
  hubPath: string;
  /** Absolute path of the router's, beside it. */
  routerPath: string;
  /** SHA-256 of the bytes of all of them in turn, hex. */
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
  const define = { TANDEM_VERSION: JSON.stringify(version), TANDEM_PAGE: JSON.stringify(bundlePage(esbuild)) };
  const hash = createHash("sha256");
  const place = async (name: string, entry: string) => {
    const bytes = await bundle(entry, define);
    const path = join(outDir, name);
    putInPlace(path, bytes);
    hash.update(bytes);
    return path;
  };
  const hubPath = await place("hub.mjs", "hub/main.ts");
  const routerPath = await place("router.mjs", "hub/router/main.ts");
  return { hubPath, routerPath, contentHash: hash.digest("hex") };
}

async function bundle(entry: string, define: Record<string, string>): Promise<Uint8Array> {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
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
    define,
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
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
  const { hubPath, routerPath, contentHash } = await build();
  const sizeOf = (path: string) => readFileSync(path).length;
  const bytes = sizeOf(hubPath);
  const line = process.argv.includes("--json")
    ? JSON.stringify({ hubPath, routerPath, bytes, contentHash })
    : [hubPath, routerPath].map((path) => `${path}  ${(sizeOf(path) / 1024).toFixed(0)} KiB`).join("\n");
  process.stdout.write(`${line}\n`);
}
