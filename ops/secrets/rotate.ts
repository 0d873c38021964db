/** `tandem secrets rotate`: new secrets on both machines, one after the other, and the old ones nowhere. */
import { resolve } from "node:path";
import { typed } from "../deploy/ask.ts";
import { OperatorError } from "../error.ts";
import { keepFolder } from "../init/keep.ts";
import { passphraseIn } from "../init/passphrases.ts";
import { projectOf } from "../init/stack-file.ts";
import { readStacks } from "../site/stacks.ts";
import { carryOutRotation } from "./carry-out.ts";
import { newRotation } from "./new-secrets.ts";
import { endText, planText } from "./rotate-text.ts";
import { Rotation } from "./rotation.ts";
import { type Target, usual } from "./targets.ts";
import { witnessOrder } from "./witness-update.ts";

export interface RotateOptions {
  secret: string[];
  caPassphraseFile?: string;
  newPassphraseFile?: string;
  witnessCommand?: string;
  witnessStore: string;
  abandon: boolean;
  allowOutage: boolean;
  /** Of each machine's verification, s. */
  deadline: number;
  yes: boolean;
  dir: string;
  json: boolean;
}

const exitInterrupted = 130;
const say = (line: string) => void process.stderr.write(`${line}\n`);

export async function rotate(names: Target[], options: RotateOptions): Promise<void> {
  const dir = resolve(options.dir);
  const project = projectOf(dir);
  const kept = keepFolder(project);
  const stacks = readStacks(undefined, dir);
  const found = Rotation.find(kept);
  if (options.abandon) return abandon(found, dir, options.json);
  if (found !== undefined && names.length + options.secret.length > 0) refuseAnother(found);
  const what = names.length + options.secret.length > 0 ? names : usual;
  const all = found?.state.what ?? [...what, ...options.secret.map((one) => one.replace(/=.*/s, ""))];
  const { witnessCommand, witnessStore, newPassphraseFile: passphraseFile } = options;
  const witness = all.includes("hub-keys") ? witnessOrder(stacks, witnessCommand, witnessStore) : undefined;
  checkPassphrase(all, passphraseFile);
  const machines = stacks.map(({ site }) => site.machine.name).join(", ");
  for (const line of planText(all, found)) say(line);
  if (!options.yes && !(await typed("rotate", `This changes ${machines}, one after the other`)))
    throw new OperatorError(
      "rotate.unconfirmed",
      "the word was not typed, so nothing was done",
      "Begin anew when it is certain",
    );
  const { secret, caPassphraseFile, allowOutage, deadline } = options;
  const ca = caPassphraseFile === undefined ? {} : { caPassphraseFile };
  const startMs = performance.now();
  const rotation = found ?? (await newRotation({ dir, project, kept, stacks, what, secret, ...ca, say }));
  const deploying = { dir, alone: false, allowOutage, deadlineMs: deadline * 1_000 };
  const outcome = await carryOutRotation(rotation, { dir, stacks, witness, passphraseFile, deploying, say });
  const tookMs = Math.round(performance.now() - startMs);
  process.exitCode = outcome.outcome === "done" ? 0 : outcome.outcome === "interrupted" ? exitInterrupted : 1;
  const text = options.json ? JSON.stringify({ ...outcome, tookMs }) : endText(outcome, all, passphraseFile).join("\n");
  process.stdout.write(`${text}\n`);
}

/** The stacks' files as they were; of machines that have new secrets already, the next deployment takes them back. */
function abandon(found: Rotation | undefined, dir: string, json: boolean): void {
  if (found === undefined)
    throw new OperatorError("rotate.none", "no rotation is under way", "Begin one with: tandem secrets rotate");
  const { deployed, phases } = found.state;
  const isDeployed = deployed === phases.length;
  if (!isDeployed) found.putBack(dir);
  found.end();
  const text = isDeployed
    ? "ended: the machines have the new secrets, and so have the stacks' files"
    : "the stacks' files hold the old secrets again; tandem deploy brings the machines back to them, tandem witness prints what the witness must know";
  process.stdout.write(json ? `${JSON.stringify({ abandoned: true, deployed, of: phases.length })}\n` : `${text}\n`);
}

function refuseAnother({ state }: Rotation): never {
  throw new OperatorError(
    "rotate.under-way",
    `a rotation of ${state.what.join(", ")} of ${state.since} is under way, with ${state.deployed} of ${state.phases.length} deployments done`,
    "Go on with it: tandem secrets rotate, or take it back: tandem secrets rotate --abandon",
  );
}

function checkPassphrase(what: readonly string[], file: string | undefined): void {
  if (what.includes("passphrase") && file === undefined) {
    const next = "Write it into a file of mode 0600 and name that: --new-passphrase-file FILE";
    throw new OperatorError("rotate.passphrase", "the new passphrase was not given", next);
  }
  if (file === undefined) return;
  if (!what.includes("passphrase")) {
    const next = "Name it with the others: tandem secrets rotate passphrase …";
    throw new OperatorError(
      "rotate.passphrase",
      "a new passphrase was given, but it is not among what is exchanged",
      next,
    );
  }
  passphraseIn(file);
}
