/** The script and style that the page needs: inside the bundle when there is one, else bundled from their sources. */
import { createRequire } from "node:module";
import { bundlePage } from "./bundle.ts";

export interface PageAssets {
  /** JavaScript module served at /assets/page.js. */
  script: string;
  /** Style sheet served at /assets/page.css. */
  style: string;
  /** SHA-256 of both, hex: another one means other assets. */
  hash: string;
}

declare const TANDEM_PAGE: PageAssets | undefined;

let fromSource: PageAssets | undefined;

/** A hub that runs from its source needs esbuild for this; the bundled hub carries both texts. */
export function pageAssets(): PageAssets {
  if (typeof TANDEM_PAGE !== "undefined") return TANDEM_PAGE;
  // A name that the bundler cannot follow, or it would try to put itself into the bundle.
  fromSource ??= bundlePage(createRequire(import.meta.url)("esbuild"));
  return fromSource;
}
