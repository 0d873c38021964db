/** `tandem secrets rotate`: new secrets on both machines, one after the other, and the old ones nowhere. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { OperatorError } from "../error.ts";
import { keepFolder } from "../init/keep.ts";
import { projectOf } from "../init/stack-file.ts";
import { takeLock } from "../local/lock.ts";
import { readStacks, type Stack } from "../site/stacks.ts";
import { typed } from "../terminal/confirmation.ts";
import { progressOf } from "../terminal/progress.ts";
import { carryOutRotation, type Outcome, takeBackRotation } from "./carry-out.ts";
import { namesOf, newRotation } from "./new-secrets.ts";
import { rotatePassphrase } from "./passphrase.ts";
import { endText, planText } from "./rotate-text.ts";
import { Rotation } from "./rotation.ts";
import { type Target, usual } from "./targets.ts";
import { type WitnessOrder, witnessOrder } from "./witness-update.ts";

export interface RotateOptions {
  secret: string[];
  caPassphraseFile?: string;
  newPassphraseFile?: string;
  witnessCommand?: string;
  witnessStore: string;
  abandon: boolean;
  clientsHaveCa: boolean;
  leaveCopies: boolean;
  allowOutage: boolean;
  /** Of each machine's verification, s. */
  deadline: number;
  yes: boolean;
  dir: string;
  json: boolean;
}

interface Circumstances {
  dir: string;
  project: string;
  /** Folder of what the operator keeps. */
  kept: string;
  stacks: Stack[];
}

const exitInterrupted = 130;

export async function rotate(names: Target[], options: RotateOptions): Promise<void> {
  const dir = resolve(options.dir);
  const project = projectOf(dir);
  const kept = keepFolder(project);
  const at: Circumstances = { dir, project, kept, stacks: readStacks(undefined, dir) };
  mkdirSync(kept, { recursive: true, mode: 0o700 });
  const release = takeLock(join(kept, "rotation.lock"), ({ pid, startedAt }) => {
    const what = `process ${pid} exchanges secrets since ${startedAt}`;
    return new OperatorError("rotate.locked", what, "Wait until it has ended, or end it with Ctrl-C");
  });
  try {
    const startMs = performance.now();
    const outcome = await rotateLocked(names, options, at);
    const tookMs = Math.round(performance.now() - startMs);
    process.exitCode = exitCodes[outcome.outcome] ?? 0;
    const text = () => endText(outcome, options.witnessCommand !== undefined).join("\n");
    process.stdout.write(`${options.json ? JSON.stringify({ ...outcome, tookMs }) : text()}\n`);
  } finally {
    release();
  }
}

const exitCodes: Partial<Record<Outcome["outcome"], number>> = { interrupted: exitInterrupted, stopped: 1, copies: 1 };

async function rotateLocked(names: Target[], options: RotateOptions, at: Circumstances): Promise<Outcome> {
  const { dir, project, kept, stacks } = at;
  const { secret, caPassphraseFile, abandon, yes, clientsHaveCa, leaveCopies, allowOutage, deadline } = options;
  const found = Rotation.find(kept, dir);
  const progress = progressOf(options);
  if (options.newPassphraseFile !== undefined || names.includes("passphrase")) {
    const asked = (what: string) => agree(what, machinesOf(stacks), yes);
    return await rotatePassphrase({ ...at, found, names, options, agree: asked, say: progress.say });
  }
  if (abandon && found === undefined)
    throw new OperatorError("rotate.none", "no rotation is under way", "Begin one with: tandem secrets rotate");
  const what = names.length + secret.length > 0 ? names : usual;
  const all = found?.state.what ?? namesOf(what, secret);
  if (found !== undefined && names.length + secret.length > 0) refuseAnother(found, namesOf(names, secret));
  const witness = witnessOf(all, options, at);
  for (const line of planText(all, found, abandon, clientsHaveCa ? [] : stacks)) progress.say(line);
  await agree(abandon ? "takes back what was changed on" : "changes", machinesOf(stacks), yes);
  const ca = caPassphraseFile === undefined ? {} : { caPassphraseFile };
  const asks = process.stdin.isTTY === true && !options.json;
  const rotation = found ?? (await newRotation({ dir, project, kept, stacks, what, secret, ...ca, asks, progress }));
  const deploying = { dir, alone: false, allowOutage, deadlineMs: deadline * 1_000 };
  const carry = abandon ? takeBackRotation : carryOutRotation;
  return await carry(rotation, { stacks, witness, deploying, clientsHaveCa, leaveCopies, progress });
}

function witnessOf(
  all: readonly string[],
  options: RotateOptions,
  { stacks }: Circumstances,
): WitnessOrder | undefined {
  return all.includes("hub-keys") ? witnessOrder(stacks, options.witnessCommand, options.witnessStore) : undefined;
}

const machinesOf = (stacks: readonly Stack[]) => stacks.map(({ site }) => site.machine.name).join(", ");

async function agree(what: string, machines: string, yes: boolean): Promise<void> {
  if (yes || (await typed("rotate", `This ${what} ${machines}, one after the other`))) return;
  const next = "Begin anew when it is certain";
  throw new OperatorError("rotate.unconfirmed", "the word was not typed, so nothing was done", next);
}

function refuseAnother({ state }: Rotation, names: readonly string[]): void {
  if (names.toSorted().join() === state.what.toSorted().join()) return;
  throw new OperatorError(
    "rotate.under-way",
    `a rotation of ${state.what.join(", ")} of ${state.since} is under way, with ${state.deployed} of ${state.phases.length} deployments done`,
    "Go on with it: tandem secrets rotate, or take it back: tandem secrets rotate --abandon",
  );
}
