/** Turns the page's sources into one script and one style sheet; the caller brings esbuild, which no running hub needs. */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type * as Esbuild from "esbuild";
import type { PageAssets } from "./assets.ts";

/** @throws Error of esbuild when a source does not compile. */
export function bundlePage(esbuild: Pick<typeof Esbuild, "buildSync">): PageAssets {
  const bundle = (name: string) => {
    const { outputFiles } = esbuild.buildSync({
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
    });
    return outputFiles[0]?.text ?? "";
  };
  const script = bundle("app.tsx");
  const style = bundle("page.css");
  return { script, style, hash: createHash("sha256").update(script).update("\0").update(style).digest("hex") };
}
