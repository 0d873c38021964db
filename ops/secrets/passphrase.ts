/** Exchanges the passphrase of all stacks, and with it what each machine keeps of its present deployment. */
import { readArchive, storeProgram } from "../deploy/archive.ts";
import { presentOf } from "../deploy/deployment.ts";
import { takeLocks } from "../deploy/lock.ts";
import { placeOf } from "../deploy/place.ts";
import { packProgram } from "../deploy/program.ts";
import { OperatorError } from "../error.ts";
import { passphraseIn } from "../init/passphrases.ts";
import { Pulumi } from "../init/pulumi-cli.ts";
import type { Stack } from "../site/stacks.ts";
import { interruptible } from "../tools/interrupt.ts";
import type { Say } from "./search.ts";

/**
 * The folder must be what the machines have. A deployment that fails later goes back to the program that a machine keeps, whose
 * stack files have to open by the new passphrase.
 * @param file with the new passphrase
 */
export async function changePassphrase(dir: string, stacks: readonly Stack[], file: string, say: Say): Promise<void> {
  const passphrase = passphraseIn(file);
  const places = stacks.map(placeOf);
  const held = await takeLocks(places, "secrets rotate");
  try {
    await interruptible(async (signal) => {
      for (const { name } of stacks) {
        say(`encrypting the secrets of ${name} by the new passphrase`);
        await changeOne(name, passphrase, { cwd: dir, signal }, file);
      }
    });
    const archive = await packProgram(dir, stacks);
    for (const place of places) {
      const present = presentOf((await readArchive(place)).kept);
      if (present !== undefined) await storeProgram(place, present.number, archive);
    }
  } finally {
    await held.release();
  }
}

/** One that was interrupted may have changed this stack already: then the new passphrase opens it. */
async function changeOne(stack: string, passphrase: string, at: { cwd: string; signal: AbortSignal }, file: string) {
  try {
    await new Pulumi(at).changePassphrase(stack, passphrase);
  } catch (error) {
    if (!(error instanceof OperatorError) || !/passphrase/i.test(error.message)) throw error;
    await new Pulumi({ ...at, passphraseFile: file }).changePassphrase(stack, passphrase);
  }
}
