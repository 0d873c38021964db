/** Reads the site's machines from the stacks' files, as the Pulumi program does, but without an engine: secrets stay closed. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Site } from "../../components/site.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { OperatorError } from "../error.ts";

export interface Stack {
  /** Name of the stack; that of its machine unless the operator chose another. */
  name: string;
  /** Path of its file. */
  path: string;
  site: Site;
}

const project = "tandem";
/** Where the stacks' files stand when nothing else is said: beside Pulumi.yaml. */
export const siteDir = fileURLToPath(new URL("../..", import.meta.url));

/** @throws OperatorError when a stack has no file, or its file is no stack's configuration */
export function readStacks(names: readonly string[], dir = siteDir): Stack[] {
  return names.map((name) => {
    const path = join(dir, `Pulumi.${name}.yaml`);
    return { name, path, site: parseStackConfig(openValues(readConfig(path, name)), name) };
  });
}

/** The stack's keys as they stand in its file, without the project's name; secrets as `{ secure: … }`. */
export function readConfig(path: string, stack: string): Record<string, unknown> {
  if (!existsSync(path)) {
    const next = "Write it with `tandem init`, or name your own stacks with --stack";
    throw new OperatorError("stack.missing", `${path} does not exist, so nothing is known of stack ${stack}`, next);
  }
  const file: unknown = parse(readFileSync(path, "utf8"));
  const config = isRecord(file) && isRecord(file.config) ? file.config : {};
  const prefix = `${project}:`;
  const own = Object.entries(config).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}

/** Paths of the secrets within a stack's keys: `["hubSeed"]`, `["grafana", "password"]`. */
export function secretPaths(value: unknown, at: readonly string[] = []): string[][] {
  if (!isRecord(value)) return [];
  if (typeof value.secure === "string" && Object.keys(value).length === 1) return [[...at]];
  return Object.entries(value).flatMap(([key, below]) => secretPaths(below, [...at, key]));
}

function openValues(values: Record<string, unknown>): Record<string, unknown> {
  const open = Object.entries(values).filter(([, value]) => secretPaths(value).length === 0);
  return Object.fromEntries(open);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
