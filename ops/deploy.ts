/** `tandem deploy`, `rollback`, `history` and `unlock`: brings a change to one machine after the other, and back. */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type { RunOptions } from "./deploy/run.ts";
import { siteDir } from "./site/stacks.ts";

interface Asking {
  dir: string;
  json: boolean;
}

interface Deploying extends Asking {
  machine?: string[];
  alone: boolean;
  allowOutage: boolean;
  yes: boolean;
  deadline: number;
}

const exits = `
Ends with 0 when it is done or there is nothing to do, with 1 when it was refused, failed or rolled back, with 130 when it was
ended by an operator.`;

export function registerDeploy(program: Command): void {
  deploying(program.command("deploy"))
    .description("bring what stands in this folder to the machines, one after the other, and back when one is not well")
    .addHelpText(
      "after",
      `\nExamples:\n  $ tandem deploy\n  $ tandem deploy --machine pc2 --yes\n  $ tandem deploy --alone    # the other machine is dead\n${exits}`,
    )
    .action(deploy);
  deploying(program.command("rollback"))
    .description("bring back an earlier deployment, of all machines or some, or of one agent")
    .option("--to <n>", "number of the deployment, as tandem history lists it (default: the one before)", number)
    .option("--agent <name>", "restore this agent alone")
    .option("--unvouched", "run what a machine has kept although nobody else vouches for it", false)
    .addHelpText(
      "after",
      `\nExamples:\n  $ tandem rollback\n  $ tandem rollback --to 6 --machine pc2\n  $ tandem rollback --agent TutorAgent\n${exits}`,
    )
    .action(rollback);
  asking(program.command("history"))
    .description("list the deployments that the machines keep, the newest first")
    .option("--machine <name...>", "only those of these machines")
    .addHelpText("after", "\nExample:\n  $ tandem history --machine pc2")
    .action(history);
  asking(program.command("unlock"))
    .description("take away the lock of a deployment that runs no more")
    .option("--yes", "do not ask for the word to be typed", false)
    .addHelpText("after", "\nExample:\n  $ tandem unlock")
    .action(unlock);
}

function asking(command: Command): Command {
  return command
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .option("--json", "print one JSON object at the end; progress goes to standard error", false);
}

function deploying(command: Command): Command {
  return asking(command)
    .option("--machine <name...>", "only these machines (default: all)")
    .option("--alone", "one machine of the pair alone, while the other one is away or to mend this one", false)
    .option("--allow-outage", "go on although a service that cannot move is down for the time of its restart", false)
    .option("--yes", "do not ask for the word to be typed", false)
    .option("--deadline <seconds>", "time for each machine to be well after its up", number, 60);
}

// Other commands need not wait for Pulumi's library.
const commands = () => import("./deploy/commands.ts");

async function deploy(options: Deploying): Promise<void> {
  await (await commands()).deploy(common(options), options);
}

async function rollback(options: Deploying & { to?: number; agent?: string; unvouched: boolean }): Promise<void> {
  await (await commands()).rollback(common(options), options);
}

async function history(options: Asking & { machine?: string[] }): Promise<void> {
  await (await commands()).history({ ...options, dir: resolve(options.dir) });
}

async function unlock(options: Asking & { yes: boolean }): Promise<void> {
  await (await commands()).unlock({ ...options, dir: resolve(options.dir) });
}

function common({ dir, machine, alone, allowOutage, deadline }: Deploying): RunOptions {
  const chosen = machine === undefined ? {} : { machine };
  return { dir: resolve(dir), alone, allowOutage, deadlineMs: deadline * 1_000, ...chosen };
}

function number(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("a whole number above 0");
}
