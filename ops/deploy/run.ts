/** One deployment from its lock to its end: what `tandem deploy` and `tandem rollback` have in common. */
import { OperatorError } from "../error.ts";
import type { Progress } from "../terminal/progress.ts";
import { noteNumber, readArchive, storeProgram, writeRecord } from "./archive.ts";
import { carryOut, type Played } from "./carry-out.ts";
import { type Deployment, presentOf, unfinishedOf } from "./deployment.ts";
import { type DeployEngine, Engine } from "./engine.ts";
import { endLeftovers } from "./engine-command.ts";
import { noteStored } from "./kept-program.ts";
import { type Held, takeLocks } from "./lock.ts";
import type { Shared, Task } from "./machine-run.ts";
import { nextNumber } from "./next-number.ts";
import { newestNotedHere } from "./own-notes.ts";
import type { Place } from "./place.ts";
import { type Chosen, choosePlaces } from "./places.ts";
import { planStep, type Source } from "./plan-task.ts";
import { commitOf } from "./program.ts";
import { unsoundnessOf } from "./soundness.ts";
import { type TellDeployment, told } from "./told.ts";
import { contradictionOf, waysBackOf } from "./way-back.ts";

export interface RunOptions {
  dir: string;
  machine?: string[];
  alone: boolean;
  allowOutage: boolean;
  /** Of each machine's verification, ms. */
  deadlineMs: number;
  /** So long all must be well on end, ms. @default 3000 */
  holdMs?: number;
}

export interface Kept {
  place: Place;
  kept: Deployment[];
}

export interface RunRequest extends Progress {
  options: RunOptions;
  /** @example "deploy" */
  what: string;
  /** The program of each machine, by name; a machine without one is left alone. */
  sourcesOf(kept: readonly Kept[], chosen: Chosen): Promise<Map<string, Source>>;
  /**
   * Whether the plan is carried out; it has been shown.
   * @param contradiction about what a machine would be brought back by, which a person has to judge
   * @throws OperatorError when nobody can be asked
   */
  agree(tasks: readonly Task[], signal: AbortSignal, contradiction: OperatorError | undefined): Promise<boolean>;
  /** Whether a machine is brought back also by a program that nobody vouches for. @default false */
  unvouched?: boolean;
  /** Refuses a plan that does more than it should. @default none does */
  refuse?(tasks: readonly Task[]): void;
  show(tasks: readonly Task[], number: number): void;
  /** Tells a hub of these machines that it begins or ends, as far as one can be told. @default nobody is told */
  tell?: TellDeployment;
  /** Called before a lock is taken; the signal ends the engine politely. */
  interrupted(engine: Pick<DeployEngine, "kill">): AbortSignal;
  /** @default Pulumi's */
  startEngine?(runId: string): Promise<DeployEngine>;
}

export type RunResult =
  | { kind: "unchanged"; number: number | undefined }
  | { kind: "declined" }
  /** By an operator, with the machines as they were. */
  | { kind: "ended" }
  | { kind: "played"; number: number; tasks: Task[]; played: Played };

export async function runDeployment(request: RunRequest): Promise<RunResult> {
  const { options, what, say } = request;
  const chosen = await choosePlaces(options.dir, options.machine, options.alone);
  for (const { machine, why } of chosen.away) say(`${machine} is left out: ${why}`);
  let engine: DeployEngine | undefined;
  // Heard before there is a lock that an end would leave.
  const signal = request.interrupted({ kill: () => engine?.kill() });
  const held = await takeLocks(chosen.locked, what).catch(advise);
  try {
    if (signal.aborted) return { kind: "ended" };
    engine = await (request.startEngine ?? Engine.start)(held.owner.id);
    return await underLock(request, chosen, held, engine, signal);
  } catch (error) {
    if (signal.aborted) return { kind: "ended" };
    throw error;
  } finally {
    // One preview may still run when the other has failed.
    engine?.kill();
    await held.release();
  }
}

async function underLock(
  request: RunRequest,
  chosen: Chosen,
  held: Held,
  engine: DeployEngine,
  signal: AbortSignal,
): Promise<RunResult> {
  const { options, what, say, step, steps } = request;
  for (const { what: was, since, pid } of held.dead)
    say(`the lock was held by your own ${was} of ${since}, process ${pid}, which runs no more: it was interrupted`);
  const kept = await Promise.all(chosen.places.map(async (place) => ({ place, ...(await readArchive(place)) })));
  // After `tandem unlock` no lock names a dead run any more, but the record that it has left does.
  const left = kept.flatMap((one) => unfinishedOf(one.kept)?.run ?? []);
  await endLeftovers([...new Set([...held.dead.map(({ id }) => id), ...left])], say);
  const elsewhere = await lastElsewhere(chosen);
  const number = nextNumber(kept.concat(elsewhere), newestNotedHere(options.dir));
  const reached = kept.concat(elsewhere).map(({ place }) => place);
  const sources = await request.sourcesOf(kept, chosen);
  const git = await commitOf(options.dir);
  const base = {
    number,
    at: new Date().toISOString(),
    by: `${held.owner.user}@${held.owner.host}`,
    run: held.owner.id,
    ...git,
  };
  const healing = kept.some((one) => unfinishedOf(one.kept) !== undefined);
  const planned = await steps(
    kept.flatMap(({ place, kept: own }) => {
      const source = sources.get(place.name);
      return source === undefined
        ? []
        : planStep({ place, own, source, chosen, engine, base, signal, alone: options.alone, healing });
    }),
  );
  // What an earlier run has left in between comes first: the other machine is not to be touched before that is whole.
  const tasks = planned.toSorted((a, b) => Number(b.heals) - Number(a.heals));
  request.show(tasks, number);
  const changing = tasks.filter(({ plan, heals }) => heals || !plan.isEmpty);
  const noted: Noted = { reached, number, siteFolder: options.dir };
  if (changing.length === 0) return await unchanged(tasks, noted);
  request.refuse?.(tasks);
  refuseUnsound(tasks, options);
  const { dir: siteFolder } = options;
  const { unvouched = false } = request;
  const waysBack = await waysBackOf(changing, { all: presentIn(chosen), siteFolder, unvouched, say });
  if (!(await request.agree(changing, signal, contradictionOf(waysBack))))
    return { kind: signal.aborted ? "ended" : "declined" };
  const unknown = unknownOf(tasks);
  await note([...changing, ...unknown], noted);
  for (const { record } of tasks) record.machines = changing.map(({ place }) => place.name);
  await keepAsFound(unknown, number);
  const { deadlineMs, holdMs, allowOutage } = options;
  const shared: Shared = {
    engine,
    waysBack,
    siteFolder,
    what,
    deadlineMs,
    ...(holdMs === undefined ? {} : { holdMs }),
    allowOutage,
    mustBeSound: mustBeSound(tasks, options),
    owner: held.owner,
    signal,
    say,
    step,
    verified: new Set(),
    logs: [],
    notes: [],
  };
  const about = { what, number, by: base.by, machines: changing.map(({ place }) => place.name) };
  const played = await told(request.tell, chosen.places, about, () => carryOut(tasks, shared));
  return { kind: "played", number, tasks: changing, played };
}

const presentIn = ({ all, away }: Chosen) => all.filter(({ name }) => !away.some(({ machine }) => machine === name));

/** What machines that take no part know of numbers, so that the last deployment is the one with the highest; one that is away is not asked. */
async function lastElsewhere(chosen: Chosen): Promise<(Kept & { last: number })[]> {
  const others = presentIn(chosen).filter((place) => !chosen.places.includes(place));
  const asked = await Promise.all(
    others.map(async (place) => ({ place, ...(await readArchive(place).catch(() => undefined)) })),
  );
  return asked.flatMap(({ place, kept = [], last }) => (last === undefined ? [] : { place, kept, last }));
}

/** With one copy less than two, or a service that cannot move, an operator has to say so. */
function refuseUnsound(tasks: readonly Task[], options: RunOptions): void {
  const { allowOutage } = options;
  const pair = tasks.filter(({ place }) => place.pair !== undefined);
  const looks = pair.flatMap(({ place, peer, before }) =>
    [place, peer].flatMap((at, i) => (at === undefined ? [] : [[at.name, before.looks[i] ?? nobody] as const])),
  );
  const unsound = mustBeSound(tasks, options) ? unsoundnessOf(new Map(looks)) : [];
  if (unsound.length > 0) {
    const next =
      "tandem doctor says what to do. While one machine is away, or to mend one: tandem deploy --alone --machine M";
    throw new OperatorError("deploy.unsound", `the pair is not whole: ${unsound.join("; ")}`, next);
  }
  const outages = tasks.flatMap(({ plan }) => plan.outages);
  if (outages.length === 0 || allowOutage) return;
  const what = outages.map(({ service, reason }) => `${service} would be down for the time of its restart: ${reason}`);
  throw new OperatorError("deploy.outage", what.join("\n"), "Mend that first, or say --allow-outage");
}

function mustBeSound(tasks: readonly Task[], { alone }: RunOptions): boolean {
  const pair = tasks.filter(({ place }) => place.pair !== undefined);
  return !alone && pair.every(({ plan, heals }) => !plan.isFirst && !heals);
}

const nobody = { fleet: undefined, ledger: undefined, services: undefined };

interface Noted {
  reached: readonly Place[];
  number: number;
  siteFolder: string;
}

/** So that no other deployment gets this number, and all who are reached vouch for the programs that are stored. */
async function note(tasks: readonly Task[], { reached, number, siteFolder }: Noted): Promise<void> {
  const programs = new Map(tasks.map(({ place, archive }) => [place.name, archive]));
  await Promise.all(reached.map((place) => noteNumber(place, number)));
  await noteStored(reached, siteFolder, number, programs);
}

async function unchanged(tasks: readonly Task[], noted: Noted): Promise<RunResult> {
  const unknown = unknownOf(tasks);
  if (unknown.length === 0) return { kind: "unchanged", number: undefined };
  await note(unknown, noted);
  await keepAsFound(unknown, noted.number);
  return { kind: "unchanged", number: noted.number };
}

/** Those that were put up by hand. */
function unknownOf(tasks: readonly Task[]): Task[] {
  return tasks.filter(({ kept, plan, heals }) => plan.isEmpty && !heals && presentOf(kept) === undefined);
}

/** A machine that was put up by hand keeps what it runs as its first deployment, so that there is something to go back to. */
async function keepAsFound(unknown: readonly Task[], number: number): Promise<void> {
  for (const { place, archive, record, before } of unknown) {
    const images = Object.fromEntries((before.containers ?? []).map(({ name, image }) => [name, image]));
    const machines = unknown.map((task) => task.place.name);
    await storeProgram(place, number, archive);
    await writeRecord(place, { ...record, machines, images, outcome: "done", changes: ["none: kept as it was found"] });
  }
}

function advise(error: unknown): never {
  if (!(error instanceof OperatorError) || error.code !== "machine.unreachable") throw error;
  const next = `${error.next}. Without it: tandem deploy --alone deploys what can be reached`;
  throw new OperatorError(error.code, error.message, next);
}
