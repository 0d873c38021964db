/** Turns docs/runbooks into HTML; the caller brings marked, which no running hub needs. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import type * as Markdown from "marked";
import { escapeHtml } from "../html.ts";
import { runbooksPath } from "../runbook-links.ts";
import type { Runbook } from "./runbook.ts";

const folder = fileURLToPath(new URL("../../../docs/runbooks/", import.meta.url));
const ending = ".md";

/** By name, those of a subfolder as `folder/name`. The list of all of them is made from what they say of themselves. */
export function bundleRunbooks(marked: Pick<typeof Markdown, "Marked">): Record<string, Runbook> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(ending) && path !== "README.md")
    .map((path) => path.slice(0, -ending.length))
    .sort();
  return Object.fromEntries(names.map((name) => [name, toRunbook(marked, name, names)]));
}

function toRunbook({ Marked }: Pick<typeof Markdown, "Marked">, name: string, names: readonly string[]): Runbook {
  const text = readFileSync(join(folder, `${name}${ending}`), "utf8");
  const parser = new Marked({
    renderer: {
      html: ({ text: raw }) => escapeHtml(raw),
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens);
        const target = posix.join(dirname(name), href).replace(/\.md$/, "");
        if (names.includes(target)) return `<a href="${runbooksPath}${target}">${words}</a>`;
        // What is no runbook stands in the repository, which a hub does not serve.
        return words;
      },
    },
  });
  const [, title = name, body = ""] = /^# ([^\n]+)\n(.*)$/s.exec(text) ?? [];
  const summary = body.trim().split(/\n\s*\n/, 1)[0] ?? "";
  return { title, summary: summary.replaceAll("\n", " "), html: parser.parse(body, { async: false }) };
}
