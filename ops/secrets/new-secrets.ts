/** Makes what a rotation exchanges, and seals it for the deployments that bring it to the machines. */
import { OperatorError } from "../error.ts";
import { hasAuthority } from "../init/keep.ts";
import { caPassphrase, passphraseIn, stackPassphrase } from "../init/passphrases.ts";
import { type Renewal, renewals } from "../init/renew.ts";
import { readConfig, type Stack, secretPaths } from "../site/stacks.ts";
import type { Progress } from "../terminal/progress.ts";
import { Terminal } from "../terminal/terminal.ts";
import { interruptible } from "../tools/interrupt.ts";
import { type Change, phasesOf } from "./phases.ts";
import { Rotation } from "./rotation.ts";
import type { Target } from "./targets.ts";

export interface Asked {
  dir: string;
  project: string;
  /** Folder of what the operator keeps. */
  kept: string;
  stacks: readonly Stack[];
  what: readonly Target[];
  /** `PATH=FILE` of secrets that others have made. */
  secret: readonly string[];
  caPassphraseFile?: string;
  /** Whether somebody is at a terminal, who can be asked for the passphrase. */
  asks: boolean;
  progress: Progress;
}

/** Interrupted, it leaves everything as it was. */
export function newRotation(asked: Asked): Promise<Rotation> {
  const { dir, project, kept, stacks, what, secret, progress } = asked;
  const given = givenChanges(stacks, secret);
  const renewing = renewalsOf(what);
  return interruptible(async (signal) => {
    // Says what is missing before anything is made.
    await stackPassphrase({ dir }, undefined, signal);
    const ca = renewing.includes("certificates") ? await openerOf(asked, signal) : undefined;
    progress.say("making the new secrets");
    const { stacks: pair, keptFiles } =
      renewing.length === 0
        ? { stacks: [], keptFiles: {} }
        : renewals({
            folder: dir,
            project,
            what: renewing,
            kept,
            caPassphrase: ca,
            newAuthority: what.includes("ca"),
            now: new Date(),
          });
    return await Rotation.begin(kept, {
      dir,
      project,
      stacks: stacks.map(({ name }) => name),
      what: namesOf(what, secret),
      hubKeys: {
        before: pair.map(({ before }) => String(before.hubKey)),
        after: pair.map(({ after }) => String(after.security.hubKey)),
      },
      phases: phasesOf(pair, given),
      keptFiles,
      signal,
      progress,
    });
  });
}

/** As a rotation remembers what it exchanges. */
export const namesOf = (what: readonly Target[], secret: readonly string[]): string[] => [
  ...what,
  ...secret.map((one) => split(one).path),
];

function renewalsOf(what: readonly Target[]): Renewal[] {
  const certificates = what.includes("certificates") || what.includes("ca");
  return [
    ...(what.includes("hub-keys") ? (["keys"] as const) : []),
    ...(certificates ? (["certificates"] as const) : []),
    ...what.filter((one) => one === "operator-key" || one === "agent-keys"),
  ];
}

/**
 * The passphrase of the CA's key: that of the kept one, and for a new one the same.
 * @throws OperatorError where a new CA would be made that nobody asked for: whoever was given the old one would be cut off
 */
async function openerOf(
  { what, kept, caPassphraseFile, asks }: Asked,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!what.includes("ca") && !hasAuthority(kept))
    throw new OperatorError(
      "rotate.no-ca",
      `no CA is kept in ${kept} that could issue certificates`,
      "Make a new one, and give it to whoever was given the old one: tandem secrets rotate ca --ca-passphrase-file FILE; or name what else to exchange: hub-keys operator-key",
    );
  const options = caPassphraseFile === undefined ? {} : { caPassphraseFile };
  const terminal = asks ? new Terminal(signal) : undefined;
  const found = await caPassphrase(options, terminal, { kind: "kept", folder: kept });
  if (found !== undefined || !what.includes("ca")) return found;
  throw new OperatorError(
    "rotate.ca-passphrase",
    "no CA was kept so far, and without a passphrase the new one would not be, either",
    "Write a passphrase into a file and name it: --ca-passphrase-file FILE",
  );
}

/** What is done instead, by the path of a secret that fits nothing without its other half. */
const ofPublicHalf: Record<string, string> = {
  hubSeed: "Leave it out; hub-keys makes it",
  leafKey: "Leave it out; certificates makes it",
  hubTlsKey:
    "Set the new certificate and its key, then deploy both: pulumi config set -s STACK --path hub.tls.certificate < CERTIFICATE; " +
    "pulumi config set -s STACK --secret hubTlsKey < KEY; tandem deploy",
};

/** For every stack that holds a secret of that path. */
function givenChanges(stacks: readonly Stack[], secret: readonly string[]): Change[] {
  return secret.map(split).flatMap(({ path, file }) => {
    const instead = ofPublicHalf[path];
    if (instead !== undefined)
      throw new OperatorError(
        "rotate.secret",
        `${path} belongs to a public half, and is not exchanged by itself`,
        instead,
      );
    const holders = stacks.filter((stack) =>
      secretPaths(readConfig(stack.path, stack.name)).some((one) => one.join(".") === path),
    );
    if (holders.length === 0) {
      const known = stacks.flatMap((stack) =>
        secretPaths(readConfig(stack.path, stack.name)).map((one) => one.join(".")),
      );
      const next = `They hold ${[...new Set(known)].join(", ") || "none"}; a first value is set with: pulumi config set --secret`;
      throw new OperatorError("rotate.secret", `no stack holds a secret ${path}`, next);
    }
    const value = passphraseIn(file);
    return holders.map(({ name }) => ({ stack: name, secrets: { [path]: value } }));
  });
}

/** @param text as `agentSecrets.broker=/path/to/file` */
function split(text: string): { path: string; file: string } {
  const at = text.indexOf("=");
  if (at > 0) return { path: text.slice(0, at), file: text.slice(at + 1) };
  const next = "Write it as --secret agentSecrets.NAME=FILE";
  throw new OperatorError("rotate.secret", `${text} names no file`, next);
}
