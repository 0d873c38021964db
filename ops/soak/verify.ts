/** Finds which checkpoint of a run was edited, replaced or taken away, by signatures, the chain, the raw data and the copies kept elsewhere. */
import { Checkpoint, canonical, checkpointName, hashOf, isAsSigned, linesOf } from "./checkpoint.ts";

export interface Evidence {
  /** Of the folder, by name. */
  checkpoints: ReadonlyMap<string, unknown>;
  /** Kept on the machines, by name. */
  copies: ReadonlyMap<string, unknown>;
  /** Lines of the files with the raw data. */
  slices: readonly string[];
  events: readonly string[];
  /** As the run's settings name it. */
  publicKey: string;
}

export interface Problem {
  /** @example "0007" */
  checkpoint: string;
  what: string;
}

/** Empty when everything is as it was written. */
export function verifyChain(evidence: Evidence): Problem[] {
  const { checkpoints, copies } = evidence;
  const problems: Problem[] = [];
  const names = new Set([...checkpoints.keys(), ...copies.keys()]);
  const last = Math.max(0, ...[...names].map(Number).filter(Number.isInteger));
  let previous: Checkpoint | undefined;
  for (let number = 1; number <= last; number++) {
    const name = checkpointName(number);
    const add = (what: string) => void problems.push({ checkpoint: name, what });
    const found = checkpoints.get(name);
    if (found === undefined) {
      add(copies.has(name) ? "is missing here, and kept on a machine" : "is missing");
      previous = undefined;
      continue;
    }
    const parsed = Checkpoint.safeParse(found);
    if (!parsed.success) {
      add(`was edited: ${parsed.error.issues[0]?.path.join(".") || "it"} is not as a checkpoint is written`);
      previous = undefined;
      continue;
    }
    const checkpoint = parsed.data;
    for (const what of wrongWith(checkpoint, number, previous, evidence)) add(what);
    const copy = copies.get(name);
    if (copy !== undefined && canonical(copy) !== canonical(found)) add("is not as the copy that is kept on a machine");
    previous = checkpoint;
  }
  return problems;
}

/** @param previous undefined where there is none that could be read */
function wrongWith(
  checkpoint: Checkpoint,
  number: number,
  previous: Checkpoint | undefined,
  { slices, events, publicKey }: Evidence,
): string[] {
  const wrong: string[] = [];
  // An edited one is told once: that its neighbour does not fit follows from it.
  if (!isAsSigned(checkpoint)) return ["was edited: its signature does not fit"];
  if (checkpoint.publicKey !== publicKey) wrong.push("is signed with another key than the run's");
  if (checkpoint.number !== number) wrong.push(`is number ${checkpoint.number} under another name`);
  if (number === 1 && checkpoint.previous !== null) wrong.push("is the first, and says that there is one before");
  if (previous !== undefined && isAsSigned(previous) && checkpoint.previous !== hashOf(previous))
    wrong.push(`does not follow ${checkpointName(number - 1)}: one of them was replaced`);
  for (const [name, lines, said] of [
    ["slices.jsonl", slices, checkpoint.slices],
    ["events.jsonl", events, checkpoint.events],
  ] as const) {
    if (linesOf(lines, said.after, said.count).sha256 !== said.sha256)
      wrong.push(`vouches for lines ${said.after + 1} to ${said.after + said.count} of ${name}, which were edited`);
  }
  return wrong;
}
