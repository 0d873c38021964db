/** A rotation of secrets as it is kept beside the operator's keys, so that the same command goes on with it after any end. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { keep } from "../init/keep.ts";
import { type SealOptions, seal } from "../init/seal.ts";
import { readStackFile, stackPath } from "../init/stack-file.ts";
import type { Phase } from "./phases.ts";

const State = z.strictObject({
  v: z.literal(1),
  /** Namespace of the keys. */
  project: z.string(),
  /** ISO 8601 in UTC. */
  since: z.string(),
  /** @example ["hub-keys", "certificates"] */
  what: z.array(z.string()),
  /** Public keys of both hubs before and after, for the witness. */
  hubKeys: z.strictObject({ before: z.array(z.string()), after: z.array(z.string()) }),
  /** Which keys of each stack's file a deployment changes, by path. */
  phases: z.array(z.strictObject({ title: z.string(), changes: z.record(z.string(), z.array(z.string())) })),
  /** How many of them the machines have. */
  deployed: z.number().int().min(0),
  /** Whether the stacks' passphrase has been exchanged, too; null where it is to stay. */
  passphrase: z.boolean().nullable(),
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
  /** New seeds and a new CA, by file name: they take the place of the old ones when all is deployed. */
  keptFiles: Record<string, string>;
  changesPassphrase: boolean;
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

  /** @param kept the operator's folder */
  static find(kept: string): Rotation | undefined {
    const path = join(folderIn(kept), "rotation.json");
    if (!existsSync(path)) return undefined;
    return new Rotation(kept, State.parse(JSON.parse(readFileSync(path, "utf8"))));
  }

  /** Seals every deployment's files, and is there as a whole or not at all. The stacks' own files are as they were. */
  static async begin(kept: string, { dir, stacks, phases, keptFiles, ...options }: NewRotation): Promise<Rotation> {
    const work = `${folderIn(kept)}.new`;
    rmSync(work, { recursive: true, force: true });
    try {
      mkdirSync(join(work, "before"), { recursive: true, mode: 0o700 });
      copyFileSync(join(dir, "Pulumi.yaml"), join(work, "before", "Pulumi.yaml"));
      for (const stack of stacks) copyFileSync(stackPath(dir, stack), stackPath(join(work, "before"), stack));
      keep(join(work, "before", "seeds"), seedsIn(kept));
      keep(join(work, "seeds"), keptFiles);
      for (const [index, { changes }] of phases.entries())
        await sealPhase(join(work, `${index + 1}`), dir, changes, options);
      const { what, hubKeys, changesPassphrase, project } = options;
      const paths = phases.map(({ title, changes }) => ({
        title,
        changes: Object.fromEntries(
          changes.map(({ stack, security, secrets }) => [
            stack,
            [...(security ? ["security"] : []), ...Object.keys(secrets)],
          ]),
        ),
      }));
      const since = new Date().toISOString();
      write(work, {
        v: 1,
        project,
        since,
        what,
        hubKeys,
        phases: paths,
        deployed: 0,
        passphrase: changesPassphrase ? false : null,
      });
      renameSync(work, folderIn(kept));
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    const begun = Rotation.find(kept);
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
    const before = Object.entries(filesIn(join(this.before, "seeds")));
    return Object.fromEntries(before.filter(([name, seed]) => kept[name] !== seed));
  }

  /** Puts what a deployment changes into the stacks' files, and leaves all else of them. @param number from 1 */
  place(number: number, dir: string): void {
    const phase = this.#state.phases[number - 1];
    if (phase === undefined) throw new RangeError(`there is no deployment ${number}`);
    copyKeys({ from: join(this.#folder, `${number}`), to: dir, project: this.#state.project }, phase.changes);
  }

  /** Puts everything back that was placed. */
  putBack(dir: string): void {
    for (const { changes } of this.#state.phases)
      copyKeys({ from: this.before, to: dir, project: this.#state.project }, changes);
  }

  deployed(number: number): void {
    this.#set({ deployed: number });
    if (number === this.#state.phases.length) keep(this.#kept, filesIn(join(this.#folder, "seeds")));
  }

  passphraseChanged(): void {
    this.#set({ passphrase: true });
  }

  /** Forgets the old secrets. */
  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    write(this.#folder, this.#state);
  }
}

const folderIn = (kept: string) => join(kept, "rotation");

function write(folder: string, state: State): void {
  keep(folder, { "rotation.json": JSON.stringify(state, null, 2) });
}

async function sealPhase(folder: string, dir: string, changes: Phase["changes"], options: Omit<SealOptions, "folder">) {
  mkdirSync(folder, { mode: 0o700 });
  copyFileSync(join(dir, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  const stacks = changes.map(({ stack, security, secrets }) => {
    const file = readStackFile(dir, stack) ?? { config: {} };
    const group = security && { [`${options.project}:security`]: security };
    return { stack, file: { ...file, config: { ...file.config, ...group } }, secrets };
  });
  await seal(stacks, { ...options, folder });
}

interface Copying {
  from: string;
  to: string;
  project: string;
}

/** @param changes paths of keys by stack */
function copyKeys({ from, to, project }: Copying, changes: Readonly<Record<string, readonly string[]>>): void {
  const texts = Object.entries(changes).map(([stack, paths]) => {
    const path = stackPath(to, stack);
    const source = parseDocument(readFileSync(stackPath(from, stack), "utf8"));
    const target = parseDocument(readFileSync(path, "utf8"));
    if (source.get("encryptionsalt") !== target.get("encryptionsalt")) {
      throw new OperatorError(
        "rotate.passphrase",
        `the passphrase of ${path} was changed since this rotation began, so its new secrets cannot be read there`,
        "End it with: tandem secrets rotate --abandon, and begin anew",
      );
    }
    for (const key of paths) {
      const at = ["config", ...keyPath(project, key)];
      target.setIn(at, source.getIn(at, true));
    }
    return { path, text: target.toString({ lineWidth: 0 }) };
  });
  for (const { path, text } of texts) writeFileSync(`${path}.new`, text);
  for (const { path } of texts) renameSync(`${path}.new`, path);
}

/** @example ["tandem:agentSecrets", "broker"] */
function keyPath(project: string, key: string): string[] {
  const [first = "", ...below] = key.split(".");
  return [`${project}:${first}`, ...below];
}

function seedsIn(kept: string): Record<string, string> {
  return Object.fromEntries(Object.entries(filesIn(kept)).filter(([name]) => name.endsWith(".seed")));
}

function filesIn(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ name }) => [name, readFileSync(join(folder, name), "utf8")]));
}
