/** Carries a rotation to its end from wherever it was: witness, deployments, a search for old copies, the passphrase. */

import { listenForEnd } from "../deploy/ask.ts";
import { exitCodeOf, folderRequest } from "../deploy/commands.ts";
import type { DeployEngine } from "../deploy/engine.ts";
import { type RunOptions, runDeployment } from "../deploy/run.ts";
import { endText } from "../deploy/show.ts";
import type { Stack } from "../site/stacks.ts";
import { exchanged, searchOld } from "./old-copies.ts";
import { changePassphrase } from "./passphrase.ts";
import type { Rotation } from "./rotation.ts";
import type { Say, Searched } from "./search.ts";
import { tellWitness, type WitnessOrder } from "./witness-update.ts";

export interface CarryOut {
  dir: string;
  stacks: readonly Stack[];
  witness: WitnessOrder | undefined;
  /** File with the stacks' new passphrase. */
  passphraseFile: string | undefined;
  deploying: RunOptions;
  say: Say;
}

export interface Outcome {
  /** `stopped`: a deployment failed or was rolled back; `copies`: an old secret still lies somewhere, or a place could not be searched. */
  outcome: "done" | "stopped" | "interrupted" | "copies";
  /** How many of its deployments the machines have. */
  deployed: number;
  of: number;
  /** Secrets that are exchanged, by stack and key. */
  exchanged: string[];
  found: Pick<Searched, "findings" | "unsearched">;
}

/** Interrupted or failed, it goes on from there when it is called again. @throws OperatorError as a deployment does */
export async function carryOutRotation(rotation: Rotation, args: CarryOut): Promise<Outcome> {
  const { stacks, witness, say } = args;
  const { hubKeys, phases } = rotation.state;
  const ending = (outcome: Outcome["outcome"], more: Partial<Outcome> = {}): Outcome => ({
    outcome,
    deployed: rotation.state.deployed,
    of: phases.length,
    exchanged: [],
    found: { findings: [], unsearched: [] },
    ...more,
  });
  if (witness !== undefined && rotation.state.deployed < phases.length) {
    say("telling the witness both hubs' old and new keys");
    await tellWitness(witness, [...hubKeys.before, ...hubKeys.after]);
  }
  const stopped = await deployAll(rotation, args);
  if (stopped !== undefined) return ending(stopped);
  if (witness !== undefined) {
    say("telling the witness to forget the old keys");
    await tellWitness(witness, hubKeys.after);
  }
  const old = await exchanged(rotation, stacks);
  const { findings, unsearched } = await searchOld(old, stacks, say);
  const names = old.map(({ name }) => name);
  if (findings.length + unsearched.length > 0)
    return ending("copies", { exchanged: names, found: { findings, unsearched } });
  if (rotation.state.passphrase === false && args.passphraseFile !== undefined) {
    await changePassphrase(args.dir, stacks, args.passphraseFile, say);
    rotation.passphraseChanged();
  }
  rotation.end();
  return ending("done", { exchanged: names });
}

/** Undefined when the machines have all of it. */
async function deployAll(
  rotation: Rotation,
  { dir, deploying, say }: CarryOut,
): Promise<"stopped" | "interrupted" | undefined> {
  const { phases } = rotation.state;
  let engine: Pick<DeployEngine, "kill"> | undefined;
  const signal = listenForEnd({ kill: () => engine?.kill() }, say);
  for (const [index, { title }] of phases.entries()) {
    const number = index + 1;
    if (number <= rotation.state.deployed) continue;
    if (signal.aborted) return "interrupted";
    rotation.place(number, dir);
    say(`deployment ${number} of ${phases.length} of this rotation: ${title}`);
    const result = await runDeployment({
      ...folderRequest("secrets rotate", deploying, { json: true, yes: true }),
      interrupted: (one) => {
        engine = one;
        return signal;
      },
    });
    const code = exitCodeOf(result);
    if (result.kind === "played" && result.played.end.outcome !== "done")
      for (const line of endText(result.played.end, result.number, result.played).split("\n")) say(line);
    if (code !== 0) return code === 1 ? "stopped" : "interrupted";
    rotation.deployed(number);
  }
  return undefined;
}
