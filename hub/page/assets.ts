/** The scripts and the style that the page needs: inside the bundle when there is one, else bundled from their sources. */
import { createRequire } from "node:module";
import { bundlePage } from "./bundle.ts";
import type { Runbook } from "./runbooks/runbook.ts";

export interface PageAssets {
  /** JavaScript module served at /assets/page.js. */
  script: string;
  /** JavaScript module served at /assets/charts.js, which the script loads when it is of use. */
  charts: string;
  /** Style sheet served at /assets/page.css. */
  style: string;
  /** Served as pages of their own. */
  runbooks: Readonly<Record<string, Runbook>>;
  /** SHA-256 of scripts and style, hex: another one means other assets. */
  hash: string;
}

declare const TANDEM_PAGE: PageAssets | undefined;

let fromSource: PageAssets | undefined;

/** A hub that runs from its source needs esbuild and marked for this; the bundled hub carries the texts. */
export function pageAssets(): PageAssets {
  if (typeof TANDEM_PAGE !== "undefined") return TANDEM_PAGE;
  // A name that the bundler cannot follow, or it would try to put itself into the bundle.
  const load = createRequire(import.meta.url);
  fromSource ??= bundlePage(load("esbuild"), load("marked"));
  return fromSource;
}
