/** Carries out `tandem deploy`, `rollback`, `history` and `unlock`, and prints what came of it. */
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import { plainLines } from "../one-line.ts";
import { readStacks } from "../site/stacks.ts";
import { typed } from "../terminal/confirmation.ts";
import { progressOf, toStandardError as say } from "../terminal/progress.ts";
import { deploymentsOf } from "./archive.ts";
import { isOfAgent } from "./changes.ts";
import { listenForEnd } from "./listen-for-end.ts";
import { describeOwner, findLock, freeLock, freeLockFile } from "./lock.ts";
import type { Task } from "./machine-run.ts";
import { placeOf } from "./place.ts";
import { choosePlaces } from "./places.ts";
import { packProgram } from "./program.ts";
import { rollbackSources } from "./rollback-sources.ts";
import { type RunOptions, type RunRequest, type RunResult, runDeployment } from "./run.ts";
import { endText, historyText, planText, sorted } from "./show.ts";
import { tellHubs } from "./told.ts";

interface Printing {
  json: boolean;
}

const exitInterrupted = 130;
/** Machines and containers have said some of it. */
const print = (text: string) => void process.stdout.write(`${plainLines(text)}\n`);

export async function deploy(options: RunOptions, asked: Printing & { yes: boolean }): Promise<void> {
  await run(asked, folderRequest("deploy", options, asked));
}

/** Brings what stands in the folder to the machines. */
export function folderRequest(what: string, options: RunOptions, asked: Printing & { yes: boolean }): RunRequest {
  return {
    ...requestOf(what, options, asked),
    async sourcesOf(kept) {
      const archive = await packProgram(options.dir, readStacks(undefined, options.dir));
      return new Map(kept.map(({ place }) => [place.name, { program: { folder: options.dir }, archive }]));
    },
  };
}

export async function rollback(
  options: RunOptions,
  asked: Printing & { yes: boolean; to?: number; agent?: string; unvouched: boolean },
): Promise<void> {
  const { to, agent, unvouched } = asked;
  const what = agent === undefined ? "rollback" : `rollback of ${agent}`;
  const named = { ...(to === undefined ? {} : { to }), ...(agent === undefined ? {} : { agent }) };
  const request = requestOf(what, options, asked);
  const result = await run(asked, {
    ...request,
    unvouched,
    sourcesOf: (kept, { all }) => rollbackSources(kept, { dir: options.dir, all, unvouched, ...named }, request.say),
    refuse: (tasks) => agent !== undefined && refuseMore(tasks, agent),
  });
  if (result.kind !== "played" || result.played.end.outcome !== "done") return;
  say("The folder here still holds the newer one: the next tandem deploy brings it back.");
}

export async function history({ dir, machine, json }: Printing & { dir: string; machine?: string[] }): Promise<void> {
  const { places } = await choosePlaces(dir, machine, false);
  const asked = await Promise.all(
    places.map(async (place) => {
      try {
        return await deploymentsOf(place);
      } catch (error) {
        say(`${place.name} does not say: ${messageOf(error)}`);
        return undefined;
      }
    }),
  );
  if (asked.every((one) => one === undefined))
    throw new OperatorError("history.silent", "no machine answers", "tandem doctor says why each cannot be reached");
  const kept = asked.flatMap((one) => one ?? []);
  print(json ? JSON.stringify({ deployments: sorted(kept) }) : historyText(kept));
}

export async function unlock({ dir, yes, json }: Printing & { dir: string; yes: boolean }): Promise<void> {
  const asked = await Promise.all(
    readStacks(undefined, dir).map(async (stack) => {
      const place = placeOf(stack);
      try {
        return { place, found: await findLock(place), why: undefined };
      } catch (error) {
        return { place, found: undefined, why: messageOf(error) };
      }
    }),
  );
  for (const { place, why } of asked) if (why !== undefined) say(`${place.name} does not say: ${why}`);
  const held = asked.flatMap(({ place, found }) => (found === undefined ? [] : [{ place, found }]));
  for (const { place, found } of held) {
    const whom = found.owner === undefined ? "nobody who can be read" : describeOwner(found.owner, Date.now());
    say(`${place.name} is locked by ${whom}`);
  }
  if (held.length > 0 && !yes && !(await typed("unlock", "Two deployments at once leave a machine in between")))
    throw new OperatorError(
      "unlock.unconfirmed",
      "the word was not typed, so nothing was done",
      "Begin anew when it is certain",
    );
  const freed: string[] = [];
  for (const { place, found } of held) {
    const isFree = found.owner === undefined ? freeLockFile(place, found) : freeLock(place, found.owner);
    if (await isFree) freed.push(place.name);
  }
  print(json ? JSON.stringify({ freed }) : freed.length === 0 ? "no lock was held" : `free: ${freed.join(", ")}`);
}

function requestOf(what: string, options: RunOptions, { json, yes }: Printing & { yes: boolean }) {
  const progress = progressOf({ json });
  return {
    ...progress,
    options,
    what,
    show(tasks, number) {
      const text = planText(tasks, number, what);
      if (json) progress.say(text);
      else print(text);
    },
    async agree(tasks, signal, contradiction) {
      if (yes && contradiction !== undefined) throw contradiction;
      const machines = tasks.map(({ place }) => place.name).join(" and ");
      return yes || (await typed(what.split(" ")[0] ?? what, `This changes ${machines}`, signal));
    },
    tell: tellHubs,
    interrupted: (engine) => listenForEnd(engine, progress.say),
  } satisfies Partial<RunRequest>;
}

async function run({ json }: Printing, request: RunRequest): Promise<RunResult> {
  const startMs = performance.now();
  const result = await runDeployment(request);
  process.exitCode = exitCodeOf(result);
  const tookMs = Math.round(performance.now() - startMs);
  print(json ? JSON.stringify(jsonOf(result, tookMs)) : textOf(result, tookMs));
  return result;
}

export function exitCodeOf(result: RunResult): number {
  if (result.kind === "unchanged") return 0;
  if (result.kind === "declined") return 1;
  if (result.kind === "ended") return exitInterrupted;
  const { outcome } = result.played.end;
  if (outcome === "interrupted") return exitInterrupted;
  return outcome === "done" ? 0 : 1;
}

function textOf(result: RunResult, tookMs: number): string {
  switch (result.kind) {
    case "unchanged":
      return result.number === undefined
        ? "no changes"
        : `no changes; kept as deployment ${result.number}, to go back to`;
    case "declined":
      return "the word was not typed, so nothing was done";
    case "ended":
      return "ended before anything was changed";
    case "played":
      return `${endText(result.played.end, result.number, result.played)}; ${(tookMs / 1_000).toFixed(1)} s in all`;
  }
}

function jsonOf(result: RunResult, tookMs: number): unknown {
  if (result.kind !== "played") return { outcome: result.kind, tookMs };
  const { number, tasks, played } = result;
  const { outcome, ...end } = played.end;
  const { steps, logs, notes } = played;
  return {
    number,
    outcome,
    ...end,
    plan: tasks.map(({ plan, heals }) => ({ ...plan, heals })),
    steps,
    logs,
    notes,
    tookMs,
  };
}

/** Who restores one agent means no other container. */
function refuseMore(tasks: readonly Task[], agent: string): void {
  const others = tasks.flatMap(({ plan }) =>
    plan.touched
      .concat(plan.replaced)
      .filter((part) => !isOfAgent(part, agent))
      .map((part) => `${part} of ${plan.machine}`),
  );
  if (others.length === 0) return;
  throw new OperatorError(
    "rollback.more",
    `${agent} alone cannot be restored: it would change ${[...new Set(others)].join(", ")}, too`,
    "What hubs and others know of it has changed as well; without --agent, tandem rollback brings back the whole machine",
  );
}
