/** Builds the operator's command of its subcommands, each of which has its own file. */
import { readFileSync } from "node:fs";
import completion from "@bomb.sh/tab/commander";
import { Command } from "commander";
import { registerAgent } from "./agent.ts";
import { registerAlert } from "./alert.ts";
import { registerChaos } from "./chaos.ts";
import { registerDeploy } from "./deploy.ts";
import { registerDoctor } from "./doctor.ts";
import { registerDrill } from "./drill.ts";
import { registerFleet } from "./fleet.ts";
import { registerImages } from "./images.ts";
import { registerInit } from "./init.ts";
import { registerLedger } from "./ledger.ts";
import { registerLocal } from "./local.ts";
import { registerMigrate } from "./migrate.ts";
import { registerObjectives } from "./objectives.ts";
import { registerReadiness } from "./readiness.ts";
import { registerReview } from "./review.ts";
import { registerRevive } from "./revive.ts";
import { registerRunbook } from "./runbook.ts";
import { registerSecrets } from "./secrets.ts";
import { registerServices } from "./services.ts";
import { registerSignIn } from "./sign-in.ts";
import { registerSoak } from "./soak.ts";
import { registerSsh } from "./ssh.ts";
import { registerStatus } from "./status.ts";
import { registerSupport } from "./support.ts";
import { registerTimeline } from "./timeline.ts";
import { registerWitness } from "./witness.ts";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }; // our own file

export function tandemProgram(): Command {
  const program = new Command("tandem")
    .description("Two machines that keep watch over each other.")
    .version(manifest.version)
    .showHelpAfterError()
    .enablePositionalOptions();
  registerInit(program);
  registerLocal(program);
  registerRevive(program);
  registerFleet(program);
  registerAgent(program);
  registerAlert(program);
  registerStatus(program);
  registerRunbook(program);
  registerDoctor(program);
  registerDeploy(program);
  registerSsh(program);
  registerSupport(program);
  registerLedger(program);
  registerObjectives(program);
  registerTimeline(program);
  registerServices(program);
  registerSignIn(program);
  registerChaos(program);
  registerSoak(program);
  registerDrill(program);
  registerMigrate(program);
  registerImages(program);
  registerSecrets(program);
  registerReview(program);
  registerReadiness(program);
  registerWitness(program);
  // `tandem complete bash`, `zsh` or `fish` prints what a shell has to be told.
  completion(program);
  return program;
}
