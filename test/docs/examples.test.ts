/** What the documents name of the shipped fleet is there: agents on their machines, services with a route. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { requireFleet } from "../../fleet/load.ts";

const root = join(import.meta.dirname, "../..");
const under = (folder: string) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
const pages = ["README.md", ...under("docs"), ...under("docs/runbooks"), ...under("docs/runbooks/procedures")]
  .filter((path) => path.endsWith(".md"))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
const { agents } = requireFleet();
const routed = agents.filter(({ route }) => route !== undefined).map(({ name }) => name);

/** Each with the page that it stands on. */
const allOf = (pattern: RegExp) =>
  pages.flatMap(({ path, text }) => [...text.matchAll(pattern)].map(([, name = ""]) => ({ path, name })));

it("an agent of mainpc or pc2 is one of the fleet", () => {
  const places = agents.map(({ machine, name }) => `${machine}/${name}`);
  const named = allOf(/(?<![\w/.-])((?:mainpc|pc2)\/[A-Z]\w+)/g);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter(({ name }) => !places.includes(name))).toEqual([]);
});

it("a service with an objective of its own, or that moves, has a route", () => {
  const named = [
    ...allOf(/objectives\.services\[0\]\.name' (\w+)/g),
    ...allOf(/of the budget of ([A-Z]\w+)/g),
    ...allOf(/service-moved (\w+):/g),
    ...allOf(/^ {2}service (\w+): moves/gm),
  ];
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter(({ name }) => !routed.includes(name))).toEqual([]);
});
