/** The operator's command. Each subcommand has its own file; this one ties them together and prints their errors alike. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { registerAgent } from "./agent.ts";
import { registerChaos } from "./chaos.ts";
import { registerDeploy } from "./deploy.ts";
import { registerDoctor } from "./doctor.ts";
import { OperatorError } from "./error.ts";
import { registerFleet } from "./fleet.ts";
import { registerInit } from "./init.ts";
import { registerLedger } from "./ledger.ts";
import { registerLocal } from "./local.ts";
import { forgiveLostReader } from "./lost-reader.ts";
import { registerMigrate } from "./migrate.ts";
import { registerReadiness } from "./readiness.ts";
import { registerReview } from "./review.ts";
import { registerSecrets } from "./secrets.ts";
import { registerServices } from "./services.ts";
import { registerStatus } from "./status.ts";
import { registerSupport } from "./support.ts";
import { registerWitness } from "./witness.ts";

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
registerStatus(program);
registerDoctor(program);
registerDeploy(program);
registerSupport(program);
registerLedger(program);
registerServices(program);
registerChaos(program);
registerMigrate(program);
registerSecrets(program);
registerReview(program);
registerReadiness(program);
registerWitness(program);

forgiveLostReader(process.stdout);
forgiveLostReader(process.stderr);

try {
  await program.parseAsync();
  await leave();
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  process.stderr.write(`error: ${error.toText()}\n`);
  // Who asked for JSON reads standard output, whatever comes.
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify({ error: errorView(error) })}\n`);
  await leave(1);
}

function errorView({ code, message, next }: OperatorError) {
  return { code, message, next };
}

/**
 * Ends with what was written written: a pipe takes 64 KiB at once, and the rest waits for its reader. Handles that are still
 * open keep nobody waiting. @param code @default the one that the command has set
 */
async function leave(code = process.exitCode): Promise<never> {
  const written = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.write("", () => resolve())),
  );
  await Promise.all(written);
  process.exit(code);
}
