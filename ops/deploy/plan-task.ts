/** Looks at one machine and previews its stack: what a deployment would do there, and what an earlier one has left. */
import type { Say, Step } from "../terminal/progress.ts";
import type { KnownChange } from "./agent-change.ts";
import { baselineOf } from "./baseline.ts";
import { changesOf } from "./changes.ts";
import { type Deployment, unfinishedOf } from "./deployment.ts";
import type { DeployEngine } from "./engine.ts";
import { because, bufferSecondsOf } from "./look.ts";
import type { Task } from "./machine-run.ts";
import type { Place } from "./place.ts";
import type { Chosen } from "./places.ts";
import { planMachine } from "./plan.ts";
import type { Program } from "./program.ts";
import { see } from "./verify.ts";

/** What a machine is to run. */
export interface Source {
  program: Program;
  archive: Buffer;
  /** Where the program is from. @default what git says of the folder */
  git?: Pick<Deployment, "commit" | "dirty">;
  rollbackOf?: number;
  agent?: string;
  /** How it differs from what the machine runs where that is known without a preview. */
  known?: KnownChange;
}

export interface Planning {
  place: Place;
  own: Deployment[];
  source: Source;
  chosen: Chosen;
  engine: DeployEngine;
  base: Pick<Deployment, "number" | "at" | "by" | "commit" | "dirty" | "run">;
  signal: AbortSignal;
  alone: boolean;
  /** Whether an earlier run has left some machine in between: how the pair does now says nothing of how it will. */
  healing: boolean;
}

export function planStep(planning: Planning): Step<Task> {
  const { place, own, source } = planning;
  const isKnown = unfinishedOf(own) === undefined && source.known !== undefined;
  return {
    title: `${place.name}: ${isKnown ? "looking" : "previewing"}`,
    work: (say) => planTask(planning, say),
  };
}

async function planTask(planning: Planning, say: Say): Promise<Task> {
  const { place, own, source, chosen, engine, base, signal, alone, healing } = planning;
  const { program, archive, git, rollbackOf, agent } = source;
  const unfinished = unfinishedOf(own);
  const heals = unfinished !== undefined;
  if (unfinished !== undefined)
    say(`${place.name}: deployment ${unfinished.number} is ${unfinished.outcome} there and is not finished`);
  const known = heals ? undefined : source.known;
  const seeing = see(place);
  const [steps, before, bufferSeconds] = await Promise.all([
    known?.steps ?? engine.preview(program, place.stack.name, { signal, refresh: heals }),
    seeing,
    seeing.then(({ looks }) => bufferSecondsOf(place, looks[0])),
  ]);
  const peer = place.pair && chosen.all.find(({ name, pair }) => pair !== undefined && name !== place.name);
  const changes = changesOf(steps, place.name);
  const plan = planMachine({
    machine: place.name,
    peer: peer?.name,
    changes,
    services: before.looks.find(({ services }) => services !== undefined)?.services,
    peerAway: peer && whyPeerAway(peer, before, { alone, healing }),
    kept: own,
    bufferSeconds,
  });
  const inherited = unfinished === undefined ? [] : [...unfinished.touched, ...unfinished.replaced];
  const record: Deployment = {
    ...base,
    ...git,
    machine: place.name,
    machines: [],
    changes: plan.words,
    replaced: plan.replaced,
    touched: [...new Set([...plan.touched, ...plan.replaced, ...inherited])],
    // What an unfinished one has broken is not how it was.
    before: unfinished?.before ?? baselineOf(before, place.name),
    images: {},
    outcome: "under way",
    why: "",
    tookMs: null,
    oneCopyMs: null,
    moved: unfinished?.moved ?? [],
    paused: unfinished?.paused ?? [],
    ...(rollbackOf === undefined ? {} : { rollbackOf }),
    ...(agent === undefined ? {} : { agent }),
  };
  return {
    place,
    peer: alone ? undefined : peer,
    plan,
    kept: own,
    before,
    heals,
    inherited,
    unfinished,
    targets: known?.targets,
    program,
    archive,
    record,
  };
}

function whyPeerAway(
  peer: Place,
  { looks }: Task["before"],
  { alone, healing }: Pick<Planning, "alone" | "healing">,
): string | undefined {
  if (alone) return `${peer.name} takes no part (--alone)`;
  if (healing) return undefined;
  const [own, other] = looks;
  if (own?.fleet === undefined) return `its own hub does not answer${because(own?.why)}`;
  if (other?.fleet === undefined) return `the hub of ${peer.name} does not answer${because(other?.why)}`;
  return own.fleet.sync.state === "in-sync"
    ? undefined
    : `it is not in sync with ${peer.name}: ${own.fleet.sync.reason}`;
}
