/** The operator's command. Each subcommand has its own file; this one ties them together and prints their errors alike. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { registerAgent } from "./agent.ts";
import { OperatorError } from "./error.ts";
import { registerFleet } from "./fleet.ts";
import { registerInit } from "./init.ts";
import { registerLocal } from "./local.ts";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }; // our own file

const program = new Command("tandem")
  .description("Two machines that keep watch over each other.")
  .version(manifest.version)
  .showHelpAfterError()
  .enablePositionalOptions();
registerInit(program);
registerLocal(program);
registerFleet(program);
registerAgent(program);

try {
  await program.parseAsync();
  process.exit();
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  process.stderr.write(`error: ${error.toText()}\n`);
  process.exit(1);
}
