/** A rotation of secrets as it is kept beside the operator's keys, so that the same command goes on with it after any end. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { syncFolder } from "../../hub/io/write-durably.ts";
import { OperatorError } from "../error.ts";
import { keep } from "../init/keep.ts";
import { type SealOptions, seal } from "../init/seal.ts";
import { readStackFile, stackPath } from "../init/stack-file.ts";
import type { Phase } from "./phases.ts";
import { copyKeys } from "./stack-keys.ts";

const State = z.strictObject({
  v: z.literal(1),
  /** Namespace of the keys. */
  project: z.string(),
  /** Folder of the site. */
  dir: z.string(),
  /** ISO 8601 in UTC. */
  since: z.string(),
  /** @example ["hub-keys", "certificates"] */
  what: z.array(z.string()),
  /** Public keys of both hubs before and after, for the witness. */
  hubKeys: z.strictObject({ before: z.array(z.string()), after: z.array(z.string()) }),
  /** Which keys of each stack's file a deployment changes, by path. */
  phases: z.array(z.strictObject({ title: z.string(), keys: z.record(z.string(), z.array(z.string())) })),
  /** How many of them both machines have, at least; while it is taken back, at most one more. */
  deployed: z.number().int().min(0),
});
type State = z.infer<typeof State>;

export interface NewRotation extends Omit<SealOptions, "folder" | "passphrase"> {
  /** Folder with Pulumi.yaml and the stacks' files. */
  dir: string;
  /** Of all stacks, the satellites' included. */
  stacks: readonly string[];
  what: string[];
  hubKeys: State["hubKeys"];
  phases: Phase[];
  /** New seeds and a new CA, by file name. */
  keptFiles: Record<string, string>;
}

export class Rotation {
  readonly #folder: string;
  readonly #kept: string;
  #state: State;

  private constructor(kept: string, state: State) {
    this.#kept = kept;
    this.#folder = folderIn(kept);
    this.#state = state;
  }

  /** @param kept the operator's folder. @throws OperatorError for one that cannot be read, or is of another site */
  static find(kept: string, dir: string): Rotation | undefined {
    const path = join(folderIn(kept), "rotation.json");
    if (!existsSync(path)) return undefined;
    const state = State.safeParse(parsed(readFileSync(path, "utf8")));
    if (!state.success) {
      const next = `Stack files as they were lie in ${folderIn(kept)}/before; move that folder away to begin anew`;
      throw new OperatorError("rotate.unreadable", `${path} cannot be read`, next);
    }
    if (state.data.dir === dir) return new Rotation(kept, state.data);
    const next = `End that one first: tandem secrets rotate --dir ${state.data.dir}`;
    throw new OperatorError("rotate.elsewhere", `a rotation of the site in ${state.data.dir} is under way`, next);
  }

  /** Seals every deployment's files, and is there as a whole or not at all. The stacks' own files are as they were. */
  static async begin(kept: string, { dir, stacks, phases, keptFiles, ...options }: NewRotation): Promise<Rotation> {
    const work = `${folderIn(kept)}.new`;
    rmSync(work, { recursive: true, force: true });
    try {
      mkdirSync(join(work, "before"), { recursive: true, mode: 0o700 });
      copyFileSync(join(dir, "Pulumi.yaml"), join(work, "before", "Pulumi.yaml"));
      for (const stack of stacks) copyFileSync(stackPath(dir, stack), stackPath(join(work, "before"), stack));
      keep(join(work, "before", "kept"), filesIn(kept));
      keep(join(work, "kept"), keptFiles);
      for (const [index, phase] of phases.entries()) await sealPhase(join(work, `${index + 1}`), dir, phase, options);
      const { what, hubKeys, project } = options;
      const since = new Date().toISOString();
      const sealed = phases.map(({ title, changes }) => ({ title, keys: keysOf(changes) }));
      write(work, { v: 1, project, dir, since, what, hubKeys, phases: sealed, deployed: 0 });
      syncFolder(work);
      renameSync(work, folderIn(kept));
      syncFolder(kept);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    const begun = Rotation.find(kept, dir);
    if (begun === undefined) throw new Error(`${folderIn(kept)} is gone`);
    return begun;
  }

  get state(): Readonly<State> {
    return this.#state;
  }

  /** Folder with the stacks' files as they were. */
  get before(): string {
    return join(this.#folder, "before");
  }

  /** Seeds that new ones have taken the place of, by file name. */
  oldSeeds(): Record<string, string> {
    const kept = filesIn(this.#kept);
    const before = Object.entries(filesIn(join(this.before, "kept")));
    return Object.fromEntries(before.filter(([name, seed]) => name.endsWith(".seed") && kept[name] !== seed));
  }

  /** Gives the stacks' files what they hold in a deployment, from whatever they hold. @param number 0 for what was before all of them */
  place(number: number): void {
    const { phases, dir: to, project } = this.#state;
    const all = phases.map(({ keys }, index) => ({ folder: join(this.#folder, `${index + 1}`), keys }));
    // Each deployment changes some of them: those of later ones are as they were before.
    const before = phases.map(({ keys }) => ({ folder: this.before, keys }));
    copyKeys({ from: [...before, ...all.slice(0, number)], to, project });
  }

  /** Both machines have it: the operator's seeds are those that they know now, and the CA is the one that issues from here on. */
  reached(number: number): void {
    const { phases } = this.#state;
    const [was, is] = [filesIn(join(this.before, "kept")), filesIn(join(this.#folder, "kept"))];
    const seeds = Object.entries(is).filter(([name]) => name.endsWith(".seed"));
    if (number > 0) keep(this.#kept, number === phases.length ? is : { ...was, ...Object.fromEntries(seeds) });
    else keep(this.#kept, was);
    const gone = number > 0 ? this.#outlived(was, is) : seeds.map(([name]) => name).filter((name) => !(name in was));
    for (const name of gone) rmSync(join(this.#kept, name), { force: true });
    this.aim(number);
  }

  /** Seeds that open nothing any more and have no successor of their name: of agents that are gone, or shared one. */
  #outlived(was: Record<string, string>, is: Record<string, string>): string[] {
    if (!this.#state.what.includes("agent-keys")) return [];
    return Object.keys(was).filter((name) => /^agent-.*\.seed$/.test(name) && !(name in is));
  }

  /** On the way back, before the machines leave the deployment that they have. */
  aim(number: number): void {
    this.#state = { ...this.#state, deployed: number };
    write(this.#folder, this.#state);
  }

  /** Forgets what was and what was to be. */
  end(): void {
    const gone = `${this.#folder}.new`;
    rmSync(gone, { recursive: true, force: true });
    renameSync(this.#folder, gone);
    rmSync(gone, { recursive: true, force: true });
  }
}

const folderIn = (kept: string) => join(kept, "rotation");

function write(folder: string, state: State): void {
  keep(folder, { "rotation.json": JSON.stringify(state, null, 2) });
}

function keysOf(changes: Phase["changes"]): Record<string, string[]> {
  return Object.fromEntries(
    changes.map(({ stack, security, secrets }) => [
      stack,
      [...(security === undefined ? [] : ["security"]), ...Object.keys(secrets)],
    ]),
  );
}

async function sealPhase(folder: string, dir: string, { changes }: Phase, options: Omit<SealOptions, "folder">) {
  mkdirSync(folder, { mode: 0o700 });
  copyFileSync(join(dir, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  const stacks = changes.map(({ stack, security, secrets }) => {
    const file = readStackFile(dir, stack) ?? { config: {} };
    const group = security && { [`${options.project}:security`]: security };
    return { stack, file: { ...file, config: { ...file.config, ...group } }, secrets };
  });
  await seal(stacks, { ...options, folder, mayMakeStacks: false });
}

function filesIn(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && isKept(entry.name));
  return Object.fromEntries(files.map(({ name }) => [name, readFileSync(join(folder, name), "utf8")]));
}

const isKept = (name: string) => /\.(seed|pem|key)$/.test(name);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
