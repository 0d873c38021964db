/** Looks whether an exchanged secret still lies anywhere. */
import { stackPath } from "../init/stack-file.ts";
import type { Stack } from "../site/stacks.ts";
import type { Progress } from "../terminal/progress.ts";
import { leastLength, patternsOf, type Secret } from "./patterns.ts";
import { secretsOf } from "./pulumi.ts";
import type { Rotation } from "./rotation.ts";
import { type Searched, searchAll } from "./search.ts";

/** Those of before that are in no stack any more, seeds of people and agents included. */
export async function exchanged(
  rotation: Rotation,
  stacks: readonly Stack[],
): Promise<{ secrets: Secret[]; tooShort: string[] }> {
  const present = new Set((await Promise.all(stacks.map(secretsOf))).flat().map(({ value }) => value));
  const old = stacks.map((stack) => secretsOf({ ...stack, path: stackPath(rotation.before, stack.name) }));
  const seeds = Object.entries(rotation.oldSeeds()).map(([name, value]): Secret => ({ name, value: value.trim() }));
  const gone = [...(await Promise.all(old)).flat(), ...seeds].filter(({ value }) => !present.has(value));
  return {
    secrets: gone.filter(({ value }) => value.length >= leastLength),
    tooShort: gone.filter(({ value }) => value.length < leastLength).map(({ name }) => name),
  };
}

export async function searchOld(
  secrets: readonly Secret[],
  stacks: readonly Stack[],
  progress: Pick<Progress, "steps">,
): Promise<Searched> {
  if (secrets.length === 0) return { findings: [], unsearched: [], machines: [] };
  return await searchAll(stacks, secrets.flatMap(patternsOf), false, progress);
}
