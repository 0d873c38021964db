/** Finds which checkpoint of a run was edited, replaced or taken away, by signatures, the chain, the raw data and the copies kept elsewhere. */
import { Checkpoint, checkpointName, hashOf, isAsSigned, linesOf, settingsHash } from "./checkpoint.ts";
import type { HubCopy } from "./copies.ts";
import type { Settings } from "./settings.ts";

export interface Evidence {
  settings: Settings;
  /** Of the folder, by name. */
  checkpoints: ReadonlyMap<string, unknown>;
  /** Lines of the files with the raw data. */
  slices: readonly string[];
  events: readonly string[];
  /** Of each hub that answers. */
  copies: readonly HubCopy[];
}

export interface Problem {
  /** @example "checkpoint 0007", "soak.json" */
  of: string;
  what: string;
}

export interface Chain {
  problems: Problem[];
  /** Lines at the end of each file that no checkpoint vouches for. */
  unvouched: { slices: number; events: number };
  /** How many slices each checkpoint and those before it vouch for. */
  ends: number[];
}

/** Without problems when everything is as it was written. */
export function verifyChain(evidence: Evidence): Chain {
  const { checkpoints, settings, slices, events } = evidence;
  const problems: Problem[] = [];
  const ends: number[] = [];
  let vouchedEvents = 0;
  const wrongSettings: string[] = [];
  let previous: Checkpoint | undefined;
  let next = 1;
  for (const [name, found] of checkpoints) {
    const number = Number(name);
    const of = `checkpoint ${name}`;
    if (number > next) problems.push(missing(next, number - 1));
    if (number > next) previous = undefined;
    next = number + 1;
    const parsed = Checkpoint.safeParse(found);
    if (!parsed.success) {
      const where = parsed.error.issues[0]?.path.join(".") || "it";
      problems.push({ of, what: `was edited: ${where} is not as a checkpoint is written` });
      previous = undefined;
      continue;
    }
    const checkpoint = parsed.data;
    for (const what of wrongWith(checkpoint, number, previous, evidence)) problems.push({ of, what });
    if (isAsSigned(checkpoint) && checkpoint.settings !== settingsHash(settings)) wrongSettings.push(name);
    ends.push(checkpoint.slices.after + checkpoint.slices.count);
    vouchedEvents = Math.max(vouchedEvents, checkpoint.events.after + checkpoint.events.count);
    previous = checkpoint;
  }
  if (checkpoints.size === 0) problems.push({ of: "the folder", what: "has no checkpoint, so nothing is vouched for" });
  if (wrongSettings[0] !== undefined)
    problems.push({ of: "soak.json", what: `is not what checkpoint ${wrongSettings[0]} was signed with` });
  for (const copy of evidence.copies) problems.push(...wrongWithCopy(copy, evidence));
  const left = (lines: readonly string[], count: number) => Math.max(0, lines.length - count);
  const unvouched = { slices: left(slices, Math.max(0, ...ends)), events: left(events, vouchedEvents) };
  return { problems, unvouched, ends };
}

function missing(from: number, to: number): Problem {
  if (from === to) return { of: `checkpoint ${checkpointName(from)}`, what: "is missing" };
  return { of: `checkpoints ${checkpointName(from)} to ${checkpointName(to)}`, what: "are missing" };
}

/** @param previous undefined where there is none that could be read */
function wrongWith(
  checkpoint: Checkpoint,
  number: number,
  previous: Checkpoint | undefined,
  { slices, events, settings }: Evidence,
): string[] {
  const wrong: string[] = [];
  // An edited one is told once: that its neighbour does not fit follows from it.
  if (!isAsSigned(checkpoint)) return ["was edited: its signature does not fit"];
  if (checkpoint.publicKey !== settings.publicKey) wrong.push("is signed with another key than the run's");
  if (checkpoint.run !== settings.run) wrong.push(`is of another run, ${checkpoint.run}`);
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

/** A pair of its own ends with the run: what answers there later is another one, which holds nothing of it. */
function wrongWithCopy({ hubUrl, copy }: HubCopy, { checkpoints, settings }: Evidence): Problem[] {
  const of = `the copy at ${hubUrl}`;
  const isExpected = settings.copies && settings.target.kind !== "own-pair";
  if (copy === undefined) return isExpected && checkpoints.size > 0 ? [{ of, what: "is missing" }] : [];
  if (copy.publicKey !== settings.publicKey) return [{ of, what: "is of checkpoints signed with another key" }];
  const problems: Problem[] = [];
  const last = Math.max(0, ...[...checkpoints.keys()].map(Number));
  const lastKept = copy.first + copy.hashes.length - 1;
  if (lastKept > last) {
    const { of: those, what } = missing(last + 1, lastKept);
    problems.push({ of: those, what: `${what} here, and known to ${hubUrl}` });
  }
  if (lastKept < last) problems.push({ of, what: `ends with checkpoint ${checkpointName(lastKept)}` });
  for (const [i, hash] of copy.hashes.entries()) {
    const name = checkpointName(copy.first + i);
    const parsed = Checkpoint.safeParse(checkpoints.get(name));
    if (parsed.success && hashOf(parsed.data) !== hash)
      problems.push({ of: `checkpoint ${name}`, what: `is not the one that ${hubUrl} knows of` });
  }
  return problems;
}
