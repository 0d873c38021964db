/** Exchanges the passphrase of all stacks, and with it what each machine keeps of its present deployment. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { syncFolder, writeDurablySync } from "../../hub/io/write-durably.ts";
import { forgetBefore, readArchive, storeProgram } from "../deploy/archive.ts";
import { folderRequest } from "../deploy/commands.ts";
import { presentOf } from "../deploy/deployment.ts";
import { noteStored } from "../deploy/kept-program.ts";
import { takeLocks } from "../deploy/lock.ts";
import { type Place, placeOf } from "../deploy/place.ts";
import { packProgram, unpackFolder } from "../deploy/program.ts";
import { runDeployment } from "../deploy/run.ts";
import { OperatorError } from "../error.ts";
import { passphraseIn } from "../init/passphrases.ts";
import { Pulumi } from "../init/pulumi-cli.ts";
import { readStackFile, stackPath } from "../init/stack-file.ts";
import type { Stack } from "../site/stacks.ts";
import type { Say } from "../terminal/progress.ts";
import type { Outcome } from "./carry-out.ts";
import type { RotateOptions } from "./rotate.ts";
import type { Rotation } from "./rotation.ts";

export interface PassphraseArgs {
  dir: string;
  /** Folder of what the operator keeps. */
  kept: string;
  stacks: readonly Stack[];
  /** A rotation that is under way. */
  found: Rotation | undefined;
  names: readonly string[];
  options: RotateOptions;
  /** @throws OperatorError when the operator does not */
  agree(what: string): Promise<void>;
  say: Say;
}

const Progress = z.strictObject({
  v: z.literal(1),
  dir: z.string(),
  /** Stacks that the new one opens. */
  done: z.array(z.string()),
});
type Progress = z.infer<typeof Progress>;

/**
 * The environment names the old passphrase until it has returned. Cut off at any point, it goes on when it is called again: each stack's
 * file and state are kept as they were, and put back before the next try.
 */
export async function rotatePassphrase(args: PassphraseArgs): Promise<Outcome> {
  const { dir, kept, stacks, options, agree, say } = args;
  refuseOthers(args);
  const passphrase = passphraseIn(options.newPassphraseFile ?? "");
  const folder = join(kept, "passphrase");
  const begun = readProgress(folder, dir);
  if (begun === undefined) {
    for (const { name } of stacks) refuseOther(dir, name);
    await agree("encrypts the secrets of the stacks by another passphrase, and what is kept of them on");
    say("looking whether the machines have what stands in this folder");
    await refuseUndeployed(dir);
    await backUp(folder, dir, stacks, say);
  } else say(`going on: ${begun.done.join(", ") || "no stack"} of ${stacks.length} has the new passphrase`);
  const places = stacks.map(placeOf);
  const held = await takeLocks(places, "secrets rotate");
  try {
    for (const { name } of stacks) await changeOne(folder, dir, name, passphrase, say);
    const archive = await packProgram(dir, stacks);
    for (const place of places) await renewArchive(place, archive, { places, dir, say });
  } finally {
    await held.release();
  }
  rmSync(unpackFolder(dir, ""), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  say(`from now on the stacks open by the new passphrase: PULUMI_CONFIG_PASSPHRASE_FILE=${options.newPassphraseFile}`);
  say("older copies of the stacks' files and states, in git and in the backend's history, still open by the old one:");
  say("when somebody else knows that, exchange the secrets themselves as well, with tandem secrets rotate");
  const found = { findings: [], unsearched: [] };
  return { outcome: "done", deployed: 0, of: 0, exchanged: ["the stacks' passphrase"], found };
}

function refuseOthers({ found, names, options }: PassphraseArgs): void {
  const refuse = (what: string, next: string) => new OperatorError("rotate.passphrase", what, next);
  if (names.length !== 1 || names[0] !== "passphrase" || options.secret.length > 0)
    throw refuse(
      "the passphrase is exchanged by itself, before other secrets",
      "tandem secrets rotate passphrase --new-passphrase-file FILE",
    );
  if (options.newPassphraseFile === undefined)
    throw refuse("the new passphrase was not given", "Write it into a file of mode 0600: --new-passphrase-file FILE");
  if (options.abandon)
    throw refuse(
      "an exchange of the passphrase only goes on",
      "Run it again without --abandon; change it back afterwards",
    );
  if (found !== undefined)
    throw refuse(
      "a rotation is under way, sealed by the present passphrase",
      "Go on with it first: tandem secrets rotate, or take it back: --abandon",
    );
}

function refuseOther(dir: string, stack: string): void {
  if (readStackFile(dir, stack)?.encryptionsalt !== undefined) return;
  throw new OperatorError(
    "rotate.passphrase",
    `the secrets of ${stack} are not encrypted by a passphrase`,
    "Change its key with: pulumi stack change-secrets-provider",
  );
}

/** What a machine keeps of its deployment is written anew from this folder, so the two must be the same. */
async function refuseUndeployed(dir: string): Promise<void> {
  const request = folderRequest(
    "secrets rotate",
    { dir, alone: false, allowOutage: true, deadlineMs: 60_000 },
    { json: true, yes: true },
  );
  const signal = new AbortController().signal;
  const result = await runDeployment({ ...request, agree: async () => false, interrupted: () => signal });
  if (result.kind === "unchanged") return;
  const next = "tandem deploy brings it there; then begin anew";
  throw new OperatorError("rotate.undeployed", "this folder holds what the machines do not have", next);
}

async function backUp(folder: string, dir: string, stacks: readonly Stack[], say: Say): Promise<void> {
  const work = `${folder}.new`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true, mode: 0o700 });
  for (const { name } of stacks) {
    say(`keeping file and state of ${name} as they are`);
    writeDurablySync(stackPath(work, name), readFileSync(stackPath(dir, name)));
    writeDurablySync(statePath(work, name), Buffer.from(await new Pulumi({ cwd: dir }).exportState(name)));
  }
  write(work, { v: 1, dir, done: [] });
  syncFolder(work);
  rmSync(folder, { recursive: true, force: true });
  renameSync(work, folder);
}

async function changeOne(folder: string, dir: string, stack: string, passphrase: string, say: Say): Promise<void> {
  const progress = readProgress(folder, dir) ?? { v: 1, dir, done: [] };
  if (progress.done.includes(stack)) return;
  const pulumi = new Pulumi({ cwd: dir });
  const file = readFileSync(stackPath(folder, stack));
  if (!readFileSync(stackPath(dir, stack)).equals(file)) {
    say(`putting back ${stack} as it was, since its exchange was cut off`);
    writeDurablySync(stackPath(dir, stack), file, 0o644);
    await pulumi.importState(stack, readFileSync(statePath(folder, stack), "utf8"));
  }
  say(`encrypting the secrets of ${stack} by the new passphrase`);
  await pulumi.changePassphrase(stack, passphrase);
  write(folder, { ...progress, done: [...progress.done, stack] });
}

/** What it ran before cannot be gone back to any more: its stack files open by the old passphrase. */
async function renewArchive(
  place: Place,
  archive: Buffer,
  { places, dir, say }: { places: readonly Place[]; dir: string; say: Say },
): Promise<void> {
  const present = presentOf((await readArchive(place)).kept);
  if (present === undefined) return;
  say(`${place.name}: keeping deployment ${present.number} anew, and none before it`);
  await noteStored(places, dir, present.number, new Map([[place.name, archive]]));
  await storeProgram(place, present.number, archive);
  await forgetBefore(place, present.number);
}

function readProgress(folder: string, dir: string): Progress | undefined {
  const path = join(folder, "progress.json");
  if (!existsSync(path)) return undefined;
  const progress = Progress.parse(JSON.parse(readFileSync(path, "utf8")));
  if (progress.dir === dir) return progress;
  const next = `Go on with that first: tandem secrets rotate passphrase --dir ${progress.dir}`;
  throw new OperatorError("rotate.elsewhere", `the passphrase of the site in ${progress.dir} is being exchanged`, next);
}

function write(folder: string, progress: Progress): void {
  writeDurablySync(join(folder, "progress.json"), Buffer.from(`${JSON.stringify(progress)}\n`));
}

const statePath = (folder: string, stack: string) => join(folder, `${stack}.state.json`);
