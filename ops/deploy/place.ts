/** A machine as a deployment meets it: its stack, where its hub answers, and scripts that run on it. */
import { hostPort, hubUrlOf } from "../../components/address.ts";
import { type Reach, shellCommand, userCommand } from "../../components/reach.ts";
import type { Site } from "../../components/site.ts";
import { reachOf } from "../../components/site-reach.ts";
import { OperatorError } from "../error.ts";
import { runShell, unreachable } from "../site/shell.ts";
import { readStacks, type Stack } from "../site/stacks.ts";

export interface Place {
  readonly name: string;
  readonly stack: Stack;
  readonly reach: Reach;
  /** Undefined of a satellite. */
  readonly pair: Site | undefined;
}

export function placeOf(stack: Stack): Place {
  const { site } = stack;
  return { name: site.machine.name, stack, reach: reachOf(site), pair: site.role === "pair" ? site : undefined };
}

/**
 * The same machine as the stack's file in a folder describes it: what another program brings up may have other ports, and speak TLS or not; its
 * CA is believed from then on. @returns the place as it is where that file is not there, or cannot be read by this version
 */
export function placeIn(folder: string, place: Place): Place {
  try {
    const [stack] = readStacks([place.stack.name], folder);
    return stack === undefined ? place : placeOf(stack);
  } catch (error) {
    if (error instanceof OperatorError) return place;
    throw error;
  }
}

/** The hubs that know of this machine, its own first. @example ["http://192.0.2.20:9100", "http://192.0.2.10:9000"] */
export function hubsOf({ stack: { site } }: Place): string[] {
  return site.role === "pair" ? [hubUrlOf(site.machine), hubUrlOf(site.peer)] : site.hubs.map(hubUrlOf);
}

export function ownHub(place: Place): string | undefined {
  return place.pair === undefined ? undefined : hubsOf(place)[0];
}

export function pushgatewayOf({ pair }: Place): string | undefined {
  return pair && `http://${hostPort(pair.machine.address, pair.machine.pushgatewayPort)}`;
}

export interface ScriptOptions {
  stdin?: string;
  deadlineMs?: number;
  /** @default 16 MiB */
  mostBytes?: number;
  /** Calls it off: what runs it, such as ssh, is killed. */
  signal?: AbortSignal;
  /** Who runs it: the one who may write the machine's files, or the user who may use its engine. @default "owner" */
  as?: "owner" | "user";
}

/** Runs POSIX sh on the machine and resolves with what it printed. @throws OperatorError */
export async function onMachine(place: Place, script: string, options: ScriptOptions = {}): Promise<string> {
  const { as = "owner", ...shell } = options;
  const command = as === "owner" ? shellCommand : userCommand;
  if (shell.signal?.aborted) throw calledOff(place);
  const result = await runShell(command(place.reach, script, "shared"), shell);
  // What was cut off looks like a machine that cannot be reached, which would be asked why.
  if (shell.signal?.aborted) throw calledOff(place);
  const lost = unreachable(place.stack.site, result);
  if (lost !== undefined) throw await explained(place, lost);
  if (result.code === 0) return result.stdout;
  throw new OperatorError(
    "deploy.script",
    `a script on ${place.name} ended with ${result.code}: ${result.stderr.trim()}`,
    "tandem doctor looks at the machine; ssh.user and ssh.become of the stack say who runs it",
  );
}

const calledOff = ({ name }: Place) =>
  new OperatorError(
    "deploy.called-off",
    `a script on ${name} was called off, as it took too long`,
    "tandem doctor looks at the machine",
  );

/** A connection that is shared hides what a jump host says of a machine that it cannot reach. */
async function explained(place: Place, lost: OperatorError): Promise<OperatorError> {
  const alone = await runShell(userCommand(place.reach, "true"));
  return unreachable(place.stack.site, alone) ?? lost;
}
