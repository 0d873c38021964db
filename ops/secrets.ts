/** `tandem secrets audit` and `rotate`: looks for the site's secrets where none belongs, and exchanges them for new ones. */
import { Argument, type Command } from "commander";
import { positive } from "./numbers.ts";
import { audit } from "./secrets/audit.ts";
import type { RotateOptions } from "./secrets/rotate.ts";
import { type Target, targets, usual } from "./secrets/targets.ts";
import { siteDir } from "./site/stacks.ts";
import { witnessStore } from "./witness.ts";

export function registerSecrets(program: Command): void {
  const secrets = program.command("secrets").description("the site's secrets: where they leaked to, and new ones");
  secrets
    .command("audit")
    .description(
      "search processes, environments, containers, images, logs and files of each machine, and Pulumi's plans and state, " +
        "for every secret of the stacks; ends with 1 when one is found, naming the place and never the value",
    )
    .option("--stack <name...>", "stacks to audit (default: the pair's and the satellites')")
    .option("--no-preview", "leave out the plans, which take some seconds a stack")
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .option("--evidence <dir>", "leave there what tandem readiness reads")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ tandem secrets audit --stack mainpc")
    .action(audit);
  secrets
    .command("rotate")
    .description(
      "make new secrets, bring them to both machines one after the other, and see that the old ones lie nowhere",
    )
    .addArgument(new Argument("[what...]", "what is exchanged, see below").choices(Object.keys(targets)))
    .option("--secret <path=file...>", "a secret that others have made, such as agentSecrets.NAME, from a file", [])
    .option("--ca-passphrase-file <file>", "file with the passphrase of the CA's key")
    .option("--new-passphrase-file <file>", "file with the stacks' new passphrase, 0600")
    .option("--witness-command <command>", "what puts its standard input in the place of the witness's configuration")
    .option("--witness-store <dir>", "directory of the witness's bucket, on its machine", witnessStore)
    .option("--abandon", "take back a rotation that is under way", false)
    .option("--clients-have-ca", "with ca: do not stop until clients of hubs that speak TLS have the new one", false)
    .option("--leave-copies", "end it although old copies are left, which open nothing any more", false)
    .option("--allow-outage", "go on although a service that cannot move is down for the time of its restart", false)
    .option("--yes", "do not ask for the word to be typed", false)
    .option("--deadline <seconds>", "time for each machine to be well after its up", positive, 60)
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .option("--json", "print one JSON object at the end; progress goes to standard error", false)
    .addHelpText("after", rotateHelp)
    .action(async (what: Target[], options: RotateOptions) => {
      // Other commands need not wait for Pulumi's library.
      const { rotate } = await import("./secrets/rotate.ts");
      await rotate(what, options);
    });
}

const rotateHelp = `
What can be exchanged:
${Object.entries(targets)
  .map(([name, words]) => `  ${name.padEnd(13)} ${words}`)
  .join("\n")}
Without any: ${usual.join(", ")}.

Interrupted at any point, the same command goes on. Ends with 0 when all is exchanged or taken back, or when clients of the hubs
are to be given the new CA before it goes on; with 1 when a deployment failed or an old copy is left, with 130 when it was interrupted.

Examples:
  $ tandem secrets rotate
  $ tandem secrets rotate ca hub-keys --ca-passphrase-file ca.pass --yes
  $ tandem secrets rotate --secret agentSecrets.broker=new.txt
  $ tandem secrets rotate passphrase --new-passphrase-file new.pass`;
