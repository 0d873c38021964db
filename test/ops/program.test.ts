import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { expect, it } from "vitest";
import { tandemProgram } from "../../ops/program.ts";

interface Named {
  name: string;
  command: Command;
}

const below = (command: Command, before: string[] = []): Named[] =>
  command.commands.flatMap((each) => {
    const path = [...before, each.name()];
    return [{ name: path.join(" "), command: each }, ...below(each, path)];
  });
const all = below(tandemProgram());

it("every command and every option says in --help what it does", () => {
  for (const { name, command } of all) {
    expect(command.description(), name).not.toBe("");
    for (const { long, description } of command.options) expect(description, `${name} ${long}`).not.toBe("");
  }
});

it("every command takes --json, but for the shell's completion and those that docs/operations.md names", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/operations.md"), "utf8");
  const [, names = ""] = /takes `--json` \(([^)]+) do not\)/.exec(page) ?? [];
  const without = all.filter(
    ({ command }) => command.commands.length === 0 && command.options.every(({ long }) => long !== "--json"),
  );
  const named = [...names.matchAll(/`(?:tandem )?([^`]+)`/g)].map(([, name]) => name);
  expect([...named, "complete"].sort()).toEqual(without.map(({ name }) => name).sort());
});
