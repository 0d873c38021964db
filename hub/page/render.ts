/** The page as HTML that says everything without a script; the script then takes over and keeps it live. */
import { h } from "preact";
import type { FleetView, LedgerView } from "../http/api.ts";
import { pageAssets } from "./assets.ts";
import { headlineOf } from "./headline.ts";
import { dataHtml, html } from "./html.ts";
import { icon } from "./icon.ts";
import type { Sections } from "./sections.ts";
import { toldOf } from "./state.ts";
import { toHtml } from "./to-html.ts";
import { Page } from "./view/page.tsx";

/** How often a browser without scripts asks anew, s. */
const renewEveryS = 15;

/** The whole document. It has no script or style inside, so a policy may forbid those. */
export function renderPage(fleet: FleetView, ledger: LedgerView, sections: Sections = {}): string {
  const news = { ledger, zone: "utc", ...toldOf(sections) } as const;
  const { level, spoken } = headlineOf(fleet, news);
  const filter = { text: "", health: "all" } as const;
  const nothing = {
    old: {},
    tile: undefined,
    hovered: undefined,
    chosen: undefined,
    scrub: undefined,
    operator: {},
    act: undefined,
  };
  const page = h(Page, { fleet, ledger, sections, news, filter, kinds: "all", older: "none", span: "day", ...nothing });
  const version = pageAssets().hash.slice(0, 12);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<noscript><meta http-equiv="refresh" content="${renewEveryS}"></noscript>
<title>${spoken} · Tandem</title>
<link rel="icon" href="${icon(level)}">
<link rel="stylesheet" href="/assets/page.css?v=${version}">
<script type="module" src="/assets/page.js?v=${version}"></script>
</head>
<body>
<div id="page">${toHtml(page)}</div>
<noscript><p class="no-script">Without scripts this page shows how things stood when it was asked for. It asks anew every ${renewEveryS} s.</p></noscript>
<script type="application/json" id="state">${dataHtml({ fleet, ledger, sections })}</script>
</body>
</html>
`.html;
}
