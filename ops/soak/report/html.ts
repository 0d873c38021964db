/** The report as one page that needs nothing else: no script, no font, no picture from elsewhere; light or dark as its reader's computer is. */
import { type Block, contentOf, headline, type ReportSource } from "./content.ts";
import { escaped, svgOf } from "./plot.ts";
import { plotsOf } from "./plots.ts";

const style = `
:root{color-scheme:light dark;--bg:#fff;--ink:#1b1f24;--dim:#6a737d;--grid:#e3e6ea;--fault:#f2b84b33;--bar:#c62828;
--s0:#1f6fb4;--s1:#d1720b;--s2:#2a8a4a;--s3:#8a4fb0;--s4:#b03a5b;--s5:#5c6b00;--s6:#00808a;--s7:#7a5230}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--ink:#e6e8ea;--dim:#98a1aa;--grid:#2b3036;--fault:#f2b84b2e;--bar:#ff7b72;
--s0:#6cb6ff;--s1:#f0a04b;--s2:#6bc98a;--s3:#c79bea;--s4:#f08aa8;--s5:#c3d15a;--s6:#56d0d8;--s7:#cfa27a}}
body{background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
.verdict{font-size:1.1rem;font-weight:600;padding:.6rem .9rem;border-left:.3rem solid var(--s2)}
.verdict.fail{border-color:var(--bar)}.verdict.incomplete{border-color:var(--s1)}
table{border-collapse:collapse;margin:.6rem 0;display:block;overflow-x:auto;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .8rem .2rem 0;text-align:right;border-bottom:1px solid var(--grid)}
th:first-child,td:first-child{text-align:left}th{color:var(--dim);font-weight:500}
td.broken{color:var(--bar);font-weight:600}
figure{margin:1.2rem 0}figcaption{font-weight:600}svg{width:100%;height:auto}
.grid{stroke:var(--grid)}.tick{fill:var(--dim);font-size:11px}.bar{stroke:var(--bar);stroke-dasharray:5 4}.fault{fill:var(--fault)}
.line{fill:none;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
.keys{display:flex;flex-wrap:wrap;gap:.2rem 1rem;color:var(--dim);font-size:13px}.key i{display:inline-block;width:.8rem;height:.2rem;margin-right:.35rem;vertical-align:middle}
.none{color:var(--dim)}
${Array.from({ length: 8 }, (_, i) => `.line.s${i}{stroke:var(--s${i})}i.s${i}{background:var(--s${i})}`).join("")}
`;

export function htmlOf(source: ReportSource): string {
  const { settings, verdict } = source;
  const title = `Soak ${settings.run}`;
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<title>${escaped(title)}</title><style>${style}</style></head><body>`,
    `<h1>${escaped(title)}</h1>`,
    `<p class="verdict ${verdict.verdict}">${escaped(headline(verdict))}</p>`,
    ...contentOf(source).map((block) => blockOf(block, source)),
    "</body></html>",
    "",
  ].join("\n");
}

function blockOf(block: Block, { slices, events, settings }: ReportSource): string {
  switch (block.kind) {
    case "heading":
      return `<h2>${escaped(block.text)}</h2>`;
    case "text":
      return `<p>${escaped(block.text)}</p>`;
    case "list":
      return `<ul>${block.items.map((item) => `<li>${escaped(item)}</li>`).join("\n")}</ul>`;
    case "table": {
      const [head = [], ...rows] = block.rows;
      const cell = (text: string) => `<td${text === "BROKEN" ? ' class="broken"' : ""}>${escaped(text)}</td>`;
      return [
        `<table><thead><tr>${head.map((text) => `<th>${escaped(text)}</th>`).join("")}</tr></thead><tbody>`,
        ...rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`),
        "</tbody></table>",
      ].join("\n");
    }
    case "plots":
      return plotsOf(slices, events, settings.bars).map(svgOf).join("\n");
  }
}
