/** docs/threat-model.md names a test for everything that somebody cannot do, and each is there; its ports are those of a stack. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { serverPorts } from "../../components/server-ports.ts";
import { parseStack } from "../../components/stack-config.ts";
import { stackValues } from "../components/recorder.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/threat-model.md"), "utf8");
const files = globSync("test/**/*.test.{ts,tsx}", { cwd: root });
const tables = page.split(/\n\n+/).filter((part) => part.startsWith("| "));
const rowsOf = (head: string) =>
  tables.filter((table) => table.startsWith(`| ${head} |`)).flatMap((table) => table.split("\n").slice(2).map(cellsOf));
const cellsOf = (line: string) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""));
const cannots = rowsOf("cannot").map(([what = "", , shown = ""]) => ({ what, shown }));

it("the page says of the network, of an agent and of a peer what they cannot do", () => {
  expect(tables.filter((table) => table.startsWith("| cannot |"))).toHaveLength(3);
  expect(cannots.length).toBeGreaterThan(40);
});

it.each(cannots)("$what", ({ shown }) => {
  const named = [...shown.matchAll(/`([\w/.-]+\.test\.tsx?)`|"([^"]+)"/g)];
  expect(
    named.some(([, , title]) => title !== undefined),
    "a title is named",
  ).toBe(true);
  let text = "";
  for (const [, file, title] of named) {
    if (file !== undefined) {
      const found = files.filter((path) => `/${path}`.endsWith(`/${file}`));
      expect(found, file).toHaveLength(1);
      text = readFileSync(join(root, found[0] ?? ""), "utf8");
    }
    for (const part of title?.split("…") ?? []) expect(text).toContain(part.trim());
  }
});

it("every port that a stack moves stands in the table of ports", () => {
  const [, ...rows] = tables.find((table) => table.startsWith("| port |"))?.split("\n") ?? [];
  const ports = rows.map((line) => cellsOf(line)[1] ?? "").join("\n");
  const sites = ["mainpc", "pc2"].map((machine) => {
    const watched = { prometheus: { enabled: true }, grafana: { enabled: true } };
    return parseStack({ ...stackValues(machine), ...watched }, machine);
  });
  for (const { port, container } of sites.flatMap(serverPorts))
    expect(ports, container).toMatch(new RegExp(`\\b${port}\\b`));
});
