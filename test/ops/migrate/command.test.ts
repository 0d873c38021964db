import { Command } from "commander";
import { expect, it } from "vitest";
import { registerMigrate } from "../../../ops/migrate.ts";

it("the help shows its times as they are typed: a bare number would be seconds", () => {
  const program = new Command();
  registerMigrate(program);
  const run = program.commands[0]?.commands.find((command) => command.name() === "run");
  const help = (run?.helpInformation() ?? "").replaceAll(/\s+/g, " ");
  expect(help).toContain("(default: 10m)");
  expect(help).toContain("(default: 10s)");
  expect(run?.opts()).toMatchObject({ watch: 600_000, baseline: 10_000 });
});
