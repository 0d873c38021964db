/** Carries out tandem init: a new site, and for one that is there a satellite, or new keys and certificates. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { OperatorError } from "../error.ts";
import { type Progress, progressOf } from "../terminal/progress.ts";
import { Terminal } from "../terminal/terminal.ts";
import { interruptible } from "../tools/interrupt.ts";
import { agentsOf } from "./agents.ts";
import { machineNames, readAnswers } from "./answers.ts";
import { askAnswers } from "./ask.ts";
import { createAuthority } from "./certificates.ts";
import { createIdentity } from "./identity.ts";
import {
  authorityFiles,
  copyAside,
  hasAuthority,
  keep,
  keepFolder,
  keepInstead,
  keptNames,
  requireKeepable,
} from "./keep.ts";
import { caPassphrase, stackPassphrase } from "./passphrases.ts";
import { caName, type Renewal, renew } from "./renew.ts";
import {
  askSatellite,
  inventoryDirectory,
  pairFiles,
  readSatelliteAnswers,
  satelliteStacks,
  writeInventory,
} from "./satellite.ts";
import { seal } from "./seal.ts";
import { isOwn, projectOf, readStackFile, stackConfig, stackPath } from "./stack-file.ts";

export interface InitOptions {
  /** File with the answers. @default they are asked at the terminal */
  answers?: string;
  renewCertificates: boolean;
  renewKeys: boolean;
  /** Name of a satellite to add to the site that is there. @default the site itself is set up */
  satellite?: string;
  /** Whether stack files of a site of one's own may be replaced, and what is kept of a site before be moved aside. */
  force: boolean;
  caPassphraseFile?: string;
  secretsProvider?: string;
  /** Folder with Pulumi.yaml, absolute. */
  dir: string;
  json: boolean;
}

export interface InitResult {
  /** Stack files that were written. */
  files: string[];
  /** Folder with the operator's seed, those of agents and the CA's key, outside the repository. */
  kept: string;
  keptFiles: string[];
  /** Where what was kept of a site before lies now. @default nothing was kept */
  aside?: string;
  next: string[];
}

interface Circumstances {
  project: string;
  terminal: Terminal | undefined;
  signal: AbortSignal;
  progress: Progress;
}

/** The CLI runs the program by the Node in PATH, which may be too old for it. */
const byOwnNode = 'export PATH="$PWD/node_modules/.bin:$PATH"';
const next = [byOwnNode, "pulumi preview -s mainpc", "pulumi up -s mainpc", "pulumi up -s pc2"];

/** Interrupted, it leaves all files as they were. */
export function init(options: InitOptions): Promise<InitResult> {
  const project = projectOf(options.dir);
  const asks = options.answers === undefined && process.stdin.isTTY && process.stderr.isTTY;
  return interruptible(async (signal) => {
    const terminal = asks ? new Terminal(signal) : undefined;
    const circumstances = { project, terminal, signal, progress: progressOf(options) };
    const { satellite } = options;
    if (satellite !== undefined) return await added(satellite, options, circumstances);
    const renewals = renewalsOf(options);
    if (renewals.length > 0) return await renewed(options, renewals, circumstances);
    return await created(options, circumstances);
  });
}

async function created(
  options: InitOptions,
  { project, terminal, signal, progress }: Circumstances,
): Promise<InitResult> {
  const { dir, secretsProvider } = options;
  const kept = keepFolder(project);
  refuseOwn(options, project);
  requireKeepable(kept);
  refuseKept(options, kept);
  const ask = answersOf(options, terminal, signal);
  // Before anybody has answered twenty questions in vain.
  const passphrase = await stackPassphrase(options, terminal, signal);
  const answers = await ask();
  const forCa = await caPassphrase(options, terminal, { kind: "new" });
  progress.say("Making keys and certificates");
  const now = new Date();
  const authority = createAuthority({ name: caName(project, now), now });
  const identity = createIdentity(answers, authority, now, (machine) =>
    agentsOf(readStackFile(dir, machine), project, machine),
  );
  const stacks = machineNames.map((stack) => {
    const { halves, secrets } = identity.machines[stack];
    const before = readStackFile(dir, stack);
    return { stack, secrets, file: stackConfig({ name: stack, project, answers, halves, before }) };
  });
  const keptFiles = { ...identity.seeds, ...(forCa === undefined ? {} : authorityFiles(authority, forCa)) };
  // Before the stacks are replaced: a copy that fails then would leave a site without its operator's seed.
  const aside = copyAside(kept, now);
  const files = await seal(stacks, { folder: dir, project, secretsProvider, passphrase, signal, progress }).catch(
    (error: unknown) => {
      if (aside !== undefined) rmSync(aside, { recursive: true });
      throw error;
    },
  );
  keepInstead(kept, keptFiles);
  return { files, kept, keptFiles: Object.keys(keptFiles), ...(aside !== undefined && { aside }), next };
}

async function renewed(options: InitOptions, what: Renewal[], circumstances: Circumstances): Promise<InitResult> {
  const { project, terminal, signal, progress } = circumstances;
  const { dir, secretsProvider } = options;
  const passphrase = await stackPassphrase(options, terminal, signal);
  const kept = keepFolder(project);
  const needsCa = what.includes("certificates");
  if (needsCa && !hasAuthority(kept))
    progress.say(`No CA is kept in ${kept}: a new one is made, and the link is down until both machines have it`);
  const ca = needsCa ? await caPassphrase(options, terminal, { kind: "kept", folder: kept }) : undefined;
  if (ca !== undefined && !hasAuthority(kept)) requireKeepable(kept);
  const { stacks, keptFiles } = renew({ folder: dir, project, what, kept, caPassphrase: ca, now: new Date() });
  const files = await seal(stacks, { folder: dir, project, secretsProvider, passphrase, signal, progress });
  if (Object.keys(keptFiles).length > 0) keep(kept, keptFiles);
  return { files, kept, keptFiles: Object.keys(keptFiles), next };
}

async function added(
  name: string,
  options: InitOptions,
  { project, terminal, signal, progress }: Circumstances,
): Promise<InitResult> {
  const { dir, secretsProvider, force } = options;
  const target = { folder: dir, project, name, force };
  const pair = pairFiles(target);
  const written = options.answers === undefined ? undefined : readSatelliteAnswers(options.answers);
  if (written === undefined && terminal === undefined) throw noTerminal("--satellite NAME --answers satellite.yaml");
  const passphrase = await stackPassphrase(options, terminal, signal);
  const answers = written ?? (terminal && (await askSatellite(terminal, name, signal)));
  if (answers === undefined) throw noTerminal("--satellite NAME --answers satellite.yaml");
  const stacks = satelliteStacks(pair, target, answers);
  const files = await seal(stacks, { folder: dir, project, secretsProvider, passphrase, signal, progress });
  const directory = inventoryDirectory(pair, project) || join(dir, "fleet");
  const inventory = writeInventory(directory, name, answers);
  return {
    files: inventory === undefined ? files : [...files, inventory],
    kept: keepFolder(project),
    keptFiles: [],
    next: [
      `write its agents into ${join(directory, `${name}.yaml`)}`,
      "tandem fleet check",
      byOwnNode,
      ...[name, ...machineNames].map((stack) => `pulumi up -s ${stack}`),
    ],
  };
}

function noTerminal(options: string): OperatorError {
  return new OperatorError(
    "init.no-terminal",
    "There is no terminal to ask at",
    `Give the answers in a file: tandem init ${options} (tandem init --help shows one)`,
  );
}

function renewalsOf({ renewCertificates, renewKeys }: InitOptions): Renewal[] {
  return [...(renewCertificates ? (["certificates"] as const) : []), ...(renewKeys ? (["keys"] as const) : [])];
}

function refuseOwn({ dir, force }: InitOptions, project: string): void {
  const own = machineNames.filter((stack) => isOwn(readStackFile(dir, stack), project));
  if (force || own.length === 0) return;
  throw new OperatorError(
    "init.exists",
    `${own.map((stack) => stackPath(dir, stack)).join(" and ")} already describe a site of your own`,
    "Change single keys with pulumi config set, or replace both, all keys and certificates included: tandem init --force",
  );
}

/** By the project's name alone two sites have one folder; whoever lost the keys of the first could neither renew nor enter it. */
function refuseKept({ force }: InitOptions, kept: string): void {
  const names = keptNames(kept);
  if (force || names.length === 0) return;
  throw new OperatorError(
    "init.kept",
    `${kept} holds ${names.join(", ")} of a site that is there already`,
    "Keep this one's elsewhere: XDG_CONFIG_HOME=FOLDER, for later commands about it as well; or have them moved into a folder beside: tandem init --force",
  );
}

/** What a file says is read at once; a person is asked when called. */
function answersOf({ answers }: InitOptions, terminal: Terminal | undefined, signal: AbortSignal) {
  if (answers !== undefined) {
    const written = readAnswers(answers);
    return async () => written;
  }
  if (terminal !== undefined) return () => askAnswers(terminal, signal);
  throw noTerminal("--answers site.yaml");
}
