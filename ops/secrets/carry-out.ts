/** Brings a rotation to its end from wherever it was, or back: witness, deployments, and a search for old copies. */
import { exitCodeOf, folderRequest } from "../deploy/commands.ts";
import type { DeployEngine } from "../deploy/engine.ts";
import { listenForEnd } from "../deploy/listen-for-end.ts";
import { type RunOptions, runDeployment } from "../deploy/run.ts";
import { endText } from "../deploy/show.ts";
import type { Stack } from "../site/stacks.ts";
import type { Progress } from "../terminal/progress.ts";
import { clientsTurn } from "./clients-turn.ts";
import { exchanged, searchOld } from "./old-copies.ts";
import type { Rotation } from "./rotation.ts";
import type { Searched } from "./search.ts";
import { tellWitness, type WitnessOrder } from "./witness-update.ts";

export interface CarryOut {
  stacks: readonly Stack[];
  witness: WitnessOrder | undefined;
  deploying: RunOptions;
  /** Whether it goes on at once where clients would be cut off that believe the old CA alone. */
  clientsHaveCa: boolean;
  /** Whether it ends although old copies are left. */
  leaveCopies: boolean;
  progress: Progress;
}

export interface Outcome {
  /**
   * `clients`: all is well so far, and clients of the hubs are to be given the new CA before it goes on; `stopped`: a deployment failed or was
   * rolled back; `copies`: an old secret still lies somewhere, or a place could not be searched.
   */
  outcome: "done" | "clients" | "taken back" | "stopped" | "interrupted" | "copies";
  /** How many of its deployments the machines have. */
  deployed: number;
  of: number;
  /** Secrets that are exchanged, by stack and key. */
  exchanged: string[];
  found: Pick<Searched, "findings" | "unsearched">;
}

type Stopped = "stopped" | "interrupted" | undefined;

/** Brings a deployment of the rotation to the machines; undefined when they have it. */
export type DeployNumber = (number: number) => Promise<Stopped>;

/** @throws OperatorError as a deployment does; called again it goes on from there */
export async function carryOutRotation(
  rotation: Rotation,
  args: CarryOut,
  deploy: DeployNumber = deployer(rotation, args),
): Promise<Outcome> {
  const { stacks, witness, leaveCopies, progress } = args;
  const { say } = progress;
  const { hubKeys, phases } = rotation.state;
  await tellBoth(rotation, args);
  const pauseAfter = args.clientsHaveCa ? undefined : clientsTurn(rotation.state, stacks);
  // The last one that was reached is looked at again: somebody may have brought a machine back meanwhile.
  for (let number = Math.max(1, rotation.state.deployed); number <= phases.length; number++) {
    const stopped = await deploy(number);
    if (stopped !== undefined) return ending(rotation, stopped);
    if (number === pauseAfter) return ending(rotation, "clients");
  }
  if (witness !== undefined) {
    say("telling the witness to forget the old keys");
    await tellWitness(witness, hubKeys.after);
  }
  const { secrets, tooShort } = await exchanged(rotation, stacks);
  for (const name of tooShort) say(`${name} was too short to be searched for`);
  const { findings, unsearched } = await searchOld(secrets, stacks, progress);
  const found = { findings, unsearched };
  const names = [...secrets.map(({ name }) => name), ...tooShort];
  if (findings.length + unsearched.length > 0 && !leaveCopies)
    return ending(rotation, "copies", { exchanged: names, found });
  const done = ending(rotation, "done", { exchanged: names, found });
  rotation.end();
  return done;
}

/** The way back, one deployment at a time, so that the machines believe each other at each step. */
export async function takeBackRotation(rotation: Rotation, args: CarryOut): Promise<Outcome> {
  await tellBoth(rotation, args);
  const deploy = deployer(rotation, args);
  for (let number = rotation.state.deployed; number >= 0; number--) {
    rotation.aim(number);
    const stopped = await deploy(number);
    if (stopped !== undefined) return ending(rotation, stopped);
  }
  if (args.witness !== undefined) await tellWitness(args.witness, rotation.state.hubKeys.before);
  const back = ending(rotation, "taken back");
  rotation.end();
  return back;
}

const ending = ({ state }: Rotation, outcome: Outcome["outcome"], more: Partial<Outcome> = {}): Outcome => ({
  outcome,
  deployed: state.deployed,
  of: state.phases.length,
  exchanged: [],
  found: { findings: [], unsearched: [] },
  ...more,
});

async function tellBoth({ state: { hubKeys } }: Rotation, { witness, progress }: CarryOut): Promise<void> {
  if (witness === undefined) return;
  progress.say("telling the witness both hubs' old and new keys");
  await tellWitness(witness, [...hubKeys.before, ...hubKeys.after]);
}

function deployer(rotation: Rotation, { deploying, progress }: CarryOut): DeployNumber {
  let engine: Pick<DeployEngine, "kill"> | undefined;
  const { say } = progress;
  const signal = listenForEnd({ kill: () => engine?.kill() }, say);
  const { phases } = rotation.state;
  return async (number) => {
    if (signal.aborted) return "interrupted";
    const title = phases[number - 1]?.title ?? "as it was before";
    say(`deployment ${number} of ${phases.length} of this rotation: ${title}`);
    const request = folderRequest("secrets rotate", deploying, { json: true, yes: true });
    const result = await runDeployment({
      ...request,
      ...progress,
      sourcesOf(kept, chosen) {
        // Under the locks: nobody else reads these files for a deployment now.
        rotation.place(number);
        return request.sourcesOf(kept, chosen);
      },
      interrupted(one) {
        engine = one;
        return signal;
      },
    });
    const code = exitCodeOf(result);
    if (code === 0) {
      rotation.reached(number);
      return undefined;
    }
    if (result.kind === "played")
      for (const line of endText(result.played.end, result.number, result.played).split("\n")) say(line);
    return code === 1 ? "stopped" : "interrupted";
  };
}
