/** Turns the page's sources into its scripts, its style sheet and the runbooks; the caller brings esbuild and marked, which no running hub needs. */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type * as Esbuild from "esbuild";
import type { PageAssets } from "./assets.ts";
import { bundleRunbooks } from "./runbooks/bundle.ts";

/**
 * @param onInput gets the path of each source that is inside
 * @throws Error of esbuild when a source does not compile.
 */
export function bundlePage(
  esbuild: Pick<typeof Esbuild, "buildSync">,
  marked: Parameters<typeof bundleRunbooks>[0],
  onInput: (path: string) => void = () => {},
): PageAssets {
  const bundle = (name: string) => {
    const { outputFiles, metafile } = esbuild.buildSync({
      entryPoints: [fileURLToPath(new URL(name, import.meta.url))],
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      platform: "browser",
      target: "es2022",
      charset: "utf8",
      legalComments: "none",
      jsx: "automatic",
      jsxImportSource: "preact",
      metafile: true,
    });
    for (const path of Object.keys(metafile.inputs)) onInput(path);
    return outputFiles[0]?.text ?? "";
  };
  const assets = { script: bundle("app.tsx"), charts: bundle("charts.ts"), style: bundle("page.css") };
  const hash = createHash("sha256");
  for (const text of Object.values(assets)) hash.update(text).update("\0");
  return { ...assets, runbooks: bundleRunbooks(marked), hash: hash.digest("hex") };
}
