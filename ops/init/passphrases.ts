/** The two passphrases of tandem init: that of the stacks' secrets, which Pulumi needs, and that of the CA's kept key. */
import { readFileSync } from "node:fs";
import { OperatorError } from "../error.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { machineNames } from "./answers.ts";
import { hasAuthority } from "./keep.ts";
import { Pulumi } from "./pulumi-cli.ts";
import type { InitOptions } from "./run.ts";
import { readStackFile } from "./stack-file.ts";

/** Undefined where Pulumi needs none, or finds it by itself; the CLI and its backend are asked for on the way. */
export async function stackPassphrase(
  { dir, secretsProvider }: Pick<InitOptions, "dir" | "secretsProvider">,
  terminal: Terminal | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const backend = await new Pulumi({ cwd: dir, signal }).backend();
  const { PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE } = process.env;
  if (PULUMI_CONFIG_PASSPHRASE !== undefined || PULUMI_CONFIG_PASSPHRASE_FILE !== undefined) return undefined;
  const byPassphrase = machineNames.some((stack) => readStackFile(dir, stack)?.encryptionsalt !== undefined);
  const otherwise = secretsProvider !== undefined && secretsProvider !== "passphrase";
  if (!byPassphrase && (otherwise || backend.startsWith("http"))) return undefined;
  if (terminal === undefined) {
    throw new OperatorError(
      "init.passphrase",
      `The secrets of stacks in ${backend} are encrypted with a passphrase, and none was given`,
      "Put it into a file of your own and name that: PULUMI_CONFIG_PASSPHRASE_FILE=FILE (or give --secrets-provider)",
    );
  }
  terminal.say("Pulumi encrypts the stacks' secrets with a passphrase, which every preview and up will ask for.");
  return byPassphrase ? terminal.askSecret("Passphrase of the stacks") : askTwice(terminal, "Passphrase of the stacks");
}

/**
 * @param which `new`: to encrypt a CA that is about to be made; `kept`: to open the one that was kept
 * @returns undefined where the CA's key is not to be kept, or none was
 */
export async function caPassphrase(
  options: Pick<InitOptions, "caPassphraseFile">,
  terminal: Terminal | undefined,
  which: { kind: "new" } | { kind: "kept"; folder: string },
): Promise<string | undefined> {
  if (options.caPassphraseFile !== undefined) return passphraseIn(options.caPassphraseFile);
  if (which.kind === "kept") {
    if (!hasAuthority(which.folder)) return undefined;
    if (terminal !== undefined) return terminal.askSecret("Passphrase of the CA's key");
    throw new OperatorError(
      "init.ca-passphrase",
      "The CA's key is encrypted, and its passphrase was not given",
      "Name a file with it: --ca-passphrase-file FILE",
    );
  }
  if (terminal === undefined) return undefined;
  terminal.say(
    "With the CA's key, certificates can be renewed one machine after the other; without it both change at once.",
  );
  if (!(await terminal.confirm("Keep the CA's key, encrypted, outside the repository?", true))) return undefined;
  return askTwice(terminal, "Passphrase of the CA's key");
}

/** The file's only line. */
export function passphraseIn(path: string): string {
  try {
    const text = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    if (text !== "") return text;
  } catch {
    // Said below, like an empty one.
  }
  throw new OperatorError("init.no-passphrase", `There is no passphrase in ${path}`, "Write it there as its only line");
}

async function askTwice(terminal: Terminal, question: string): Promise<string> {
  const flaw = (text: string) => (text === "" ? "at least one character" : undefined);
  for (;;) {
    const first = await terminal.askSecret(question, { flaw });
    if (first === (await terminal.askSecret("Once more"))) return first;
    terminal.say("The two differ.");
  }
}
