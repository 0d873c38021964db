/** Finds out what a rollback brings back: a whole machine's program of an earlier deployment, or one agent of it. */
import { join } from "node:path";
import { loadFleet } from "../../fleet/load.ts";
import type { PlacedAgent } from "../../fleet/model.ts";
import { OperatorError } from "../error.ts";
import { readStacks } from "../site/stacks.ts";
import { containerChangeOf } from "./agent-change.ts";
import { beforeOf, type Deployment, presentOf } from "./deployment.ts";
import { unpackKept, type Vouching } from "./kept-program.ts";
import type { Place } from "./place.ts";
import type { Source } from "./plan-task.ts";
import { type Program, packProgram } from "./program.ts";
import { restoreAgent } from "./restore-agent.ts";
import { startOf, targetsOf } from "./rollback-targets.ts";
import type { Kept } from "./run.ts";

export interface RollbackOptions {
  dir: string;
  /** Number of the deployment. @default the one before the last, or before what was cut off */
  to?: number;
  agent?: string;
  /** All machines of the site: they vouch for what one of them has kept. */
  all: readonly Place[];
  /** Whether a program that nobody vouches for is run all the same. @default false */
  unvouched?: boolean;
}

type Say = (line: string) => void;

/** By machine. @throws OperatorError when there is nothing to go back to */
export async function rollbackSources(
  kept: readonly Kept[],
  options: RollbackOptions,
  say: Say,
): Promise<Map<string, Source>> {
  const targets = options.agent === undefined ? targetedBy(kept, options.to) : eachFromItsOwn(kept, options.to);
  if (targets.every(({ target }) => target === undefined)) throw nothingToGoBackTo(options.to);
  const { dir: siteFolder, all, unvouched = false } = options;
  const vouching = { all, siteFolder, unvouched, say };
  if (options.agent !== undefined) return await agentSources(targets, { ...options, agent: options.agent }, vouching);
  for (const { place } of kept.filter((one) => !targets.some(({ place }) => place === one.place)))
    say(`${place.name} had no part in what is undone and is left alone`);
  for (const { place, target } of targets)
    if (target === undefined) say(`${place.name} has nothing to go back to and is left alone`);
  const sources = new Map<string, Source>();
  for (const { place, target } of targets) {
    if (target === undefined) continue;
    const { program, archive } = await unpackKept(place, target.number, vouching);
    const { commit, dirty, number } = target;
    sources.set(place.name, { program, archive, git: { commit, dirty }, rollbackOf: number });
  }
  return sources;
}

/** Those that go back. With a number each goes to the newest that was done, at or below it. */
function targetedBy(kept: readonly Kept[], to: number | undefined): Targeted[] {
  if (to !== undefined) return eachFromItsOwn(kept, to);
  const targets = targetsOf(new Map(kept.map(({ place, kept: own }) => [place.name, own])));
  return kept.flatMap((one) => (targets.has(one.place.name) ? { ...one, target: targets.get(one.place.name) } : []));
}

/** One agent may be on the machine whose deployments lie further back, so each machine goes from what it runs itself. */
function eachFromItsOwn(kept: readonly Kept[], to: number | undefined): Targeted[] {
  return kept.map((one) => {
    const below = to === undefined ? startOf(one.kept)?.number : to + 1;
    return { ...one, target: below === undefined ? undefined : beforeOf(below, one.kept) };
  });
}

type Targeted = Kept & { target: Deployment | undefined };

/** Of each machine that carries the agent the program that it runs, with that agent's entry as it was. */
async function agentSources(
  targets: readonly Targeted[],
  { agent, to }: RollbackOptions & { agent: string },
  vouching: Vouching,
): Promise<Map<string, Source>> {
  const sources = new Map<string, Source>();
  for (const { place, kept, target } of targets) {
    const present = presentOf(kept);
    if (target === undefined || present === undefined) continue;
    const [into, from] = await Promise.all([
      unpackKept(place, present.number, vouching, "-now"),
      unpackKept(place, target.number, vouching, "-then"),
    ]);
    const placed = agentIn(into.program, agent);
    const isHere = placed?.machine === place.name || (placed?.standby !== undefined && place.pair !== undefined);
    if (placed === undefined || !isHere) continue;
    const known = containerChangeOf(placed, agentThen(from.program, agent), place.name);
    restoreAgent(into.program.folder, from.program.folder, placed.machine, agent);
    const stacks = readStacks([place.stack.name], into.program.folder);
    const archive = await packProgram(into.program.folder, stacks);
    // Of that commit, but for the agent's entry.
    const git = { commit: present.commit, dirty: true };
    const source = { program: into.program, archive, git, rollbackOf: target.number, agent };
    sources.set(place.name, { ...source, ...(known === undefined ? {} : { known }) });
  }
  if (sources.size > 0) return sources;
  throw new OperatorError(
    "rollback.agent",
    `no machine carries a container of ${agent}${to === undefined ? "" : `, or none has deployment ${to} to go back to`}`,
    "tandem fleet list names the agents, tandem history the deployments",
  );
}

function agentIn({ folder }: Program, agent: string): PlacedAgent | undefined {
  const { agents } = loadFleet(join(folder, "fleet")).fleet;
  return agents.find(({ name, container }) => name === agent && container !== undefined);
}

/** Undefined, too, where its inventory is of an older kind than this program reads. */
function agentThen(program: Program, agent: string): PlacedAgent | undefined {
  try {
    return agentIn(program, agent);
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}

function nothingToGoBackTo(to: number | undefined): OperatorError {
  const what =
    to === undefined
      ? "there is no deployment before the present one"
      : `there is no deployment ${to} that was done, nor one below`;
  return new OperatorError("rollback.none", what, "tandem history lists what is kept on each machine");
}
