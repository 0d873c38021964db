/** The runbooks as pages, in the page's own style: what an alert's subject says about names and addresses is filled in. */
import { type PlaceSight, placesOf } from "../../core/subject-places.ts";
import { escapeHtml, type Html, html } from "../html.ts";
import { icon } from "../icon.ts";
import { runbooksPath } from "../runbook-links.ts";
import type { Runbook } from "./runbook.ts";

export interface RunbookPages {
  runbooks: Readonly<Record<string, Runbook>>;
  /** Of the style sheet. */
  version: string;
  sight(): PlaceSight;
}

/** By path; each makes its page of the query. */
export function runbookPages(options: RunbookPages): Map<string, (query: URLSearchParams) => string> {
  const pages = new Map<string, (query: URLSearchParams) => string>();
  pages.set(runbooksPath, () => list(options));
  for (const [name, runbook] of Object.entries(options.runbooks))
    pages.set(`${runbooksPath}${name}`, (query) => page(options, runbook, query.get("subject") ?? ""));
  return pages;
}

function page({ version, sight }: RunbookPages, { title, html: body }: Runbook, subject: string): string {
  const places: Record<string, string | undefined> = subject === "" ? {} : { ...placesOf(subject, sight()) };
  const filled = body.replace(/\{([A-Za-z]+)\}/g, (open, name: string) => {
    const value = Object.hasOwn(places, name) ? places[name] : undefined;
    return value === undefined ? open : escapeHtml(value);
  });
  const about = subject === "" ? "" : html`<p class="soft">about ${subject}</p>`;
  return frame(version, title, html`<h1>${title}</h1>${about}${{ html: filled }}`);
}

function list({ version, runbooks }: RunbookPages): string {
  const row = ([name, { title, summary }]: [string, Runbook]) =>
    html`<dt><a href="${runbooksPath}${name}">${title}</a></dt><dd>${summary}</dd>`;
  const entries = Object.entries(runbooks);
  const alerts = entries.filter(([name]) => !name.includes("/")).map(row);
  const procedures = entries.filter(([name]) => name.includes("/")).map(row);
  return frame(
    version,
    "Runbooks",
    html`<h1>Runbooks</h1><h2>For each alert</h2><dl>${alerts}</dl><h2>For what is done rarely</h2><dl>${procedures}</dl>`,
  );
}

const frame = (version: string, title: string, body: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Tandem</title>
<link rel="icon" href="${icon("watch")}">
<link rel="stylesheet" href="/assets/page.css?v=${version}">
</head>
<body class="runbook">
<nav aria-label="Back"><a href="/">The pair</a> <a href="${runbooksPath}">All runbooks</a></nav>
<main>${body}</main>
</body>
</html>
`.html;
