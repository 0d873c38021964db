/** `tandem witness`: prints the nats.conf of the third server that breaks ties, with the keys of the site's two hubs. */
import { type Command, InvalidArgumentError } from "commander";
import { renderWitnessConf } from "../components/witness-conf.ts";
import { OperatorError } from "./error.ts";
import { pairStacks, readPairStacks, siteDir } from "./site/stacks.ts";

/** Directory of the bucket, on its machine. */
export const witnessStore = "/var/lib/tandem-witness";

interface WitnessOptions {
  store: string;
  host?: string;
  port?: number;
  stack: string[];
  dir: string;
}

export function registerWitness(program: Command): void {
  program
    .command("witness")
    .description(
      "print the nats.conf of the witness, a third NATS server (2.11 or later) on neither machine of the pair",
    )
    .option("--store <dir>", "directory of its bucket, on its machine", witnessStore)
    .option("--host <address>", "address that it binds (default: witness.host of the stacks, else 0.0.0.0)")
    .option("--port <n>", "its client port (default: witness.port of the stacks)", parsePort)
    .option("--stack <name...>", "stacks of the pair", [...pairStacks])
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .addHelpText(
      "after",
      "\nOn the third machine:\n  $ tandem witness > nats.conf    # here\n  $ nats-server -c nats.conf       # there\n" +
        "Then tell both stacks of it, as docs/pulumi.md says.",
    )
    .action((options: WitnessOptions) => void process.stdout.write(witnessConf(options)));
}

function witnessConf({ store, host, port, stack, dir }: WitnessOptions): string {
  const sites = readPairStacks(stack, dir);
  const keys = sites.map(({ security }) => security.hubKey).filter((key) => key !== "");
  if (keys.length !== 0 && keys.length !== sites.length) {
    throw new OperatorError(
      "witness.keys",
      "one of the two stacks has a security.hubKey and the other has none, so its hub could not write",
      "Set up both with `tandem init`",
    );
  }
  const { witness } = sites[0] ?? {};
  return renderWitnessConf({
    host: host ?? (witness?.host || "0.0.0.0"),
    port: port ?? witness?.port ?? 4224,
    storeDir: store,
    hubKeys: keys,
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError("a port from 1 to 65535");
}
