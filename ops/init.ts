/** `tandem init`: a site of one's own, from questions or a file, as two stack files with keys, certificates and encrypted secrets. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { answersExample } from "./init/answers.ts";
import type { InitOptions, InitResult } from "./init/run.ts";
import { satelliteAnswersExample } from "./init/satellite.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const help = `
Examples:
  $ tandem init                                  asks at the terminal
  $ tandem init --answers site.yaml --json       asks nothing
  $ tandem init --renew-certificates             new certificates of the link, all else as it is
  $ tandem init --satellite nas                  adds a machine without a hub
  $ tandem init --renew-keys                     new keys of both hubs, all else as it is

An answers file (ports, users, leaf, agents, images and certificateDays have defaults):

${answersExample.replace(/^/gm, "  ")}
And one for --satellite:

${satelliteAnswersExample.replace(/^/gm, "  ")}`;

export function registerInit(program: Command): void {
  program
    .command("init")
    .description("set up a site of your own: both stack files, keys, certificates, encrypted secrets")
    .option("--answers <file>", "read the answers from a YAML file and ask nothing")
    .option("--satellite <name>", "add a machine without a hub to the site that is there")
    .option("--renew-certificates", "issue new certificates for the link", false)
    .option("--renew-keys", "make new keys for both hubs", false)
    .option(
      "--force",
      "replace stack files that already describe a site of your own, and move what was kept of a site into a folder beside it",
      false,
    )
    .option("--ca-passphrase-file <file>", "file with the passphrase that encrypts the CA's key")
    .option("--secrets-provider <url>", "how Pulumi encrypts the secrets, for stacks that are new")
    .option("--dir <folder>", "folder with Pulumi.yaml", root)
    .option("--json", "print one JSON object at the end", false)
    .addHelpText("after", help)
    .action(act);
}

async function act(options: InitOptions): Promise<void> {
  // Other subcommands need not wait for Pulumi's library.
  const { init } = await import("./init/run.ts");
  const result = await init({ ...options, dir: resolve(options.dir) });
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : summary(result));
}

function summary({ files, kept, keptFiles, aside, next }: InitResult): string {
  return [
    ...files.map((path) => `Wrote ${path}`),
    ...(aside === undefined ? [] : [`Moved what was kept before into ${aside}`]),
    ...keptFiles.map((name) => `Kept ${join(kept, name)}`),
    ...(keptFiles.length === 0 ? [] : ["Keep that folder safe; it is not part of the repository."]),
    "Next:",
    ...next.map((command) => `  ${command}`),
    "",
  ].join("\n");
}
