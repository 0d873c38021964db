/** Reads the site's machines from the stacks' files, as the Pulumi program does, but without an engine: secrets stay closed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Site, StackSite } from "../../components/site.ts";
import { parseStack, parseStackConfig } from "../../components/stack-config.ts";
import { casBesides, hubCaOf } from "../../components/tls-conf.ts";
import { OperatorError } from "../error.ts";
import { trust, trustIfAny } from "./trust.ts";

export interface Stack {
  /** Name of the stack; that of its machine unless the operator chose another. */
  name: string;
  /** Path of its file. */
  path: string;
  site: StackSite;
}

/** The stacks of the pair when nothing else is said. */
export const pairStacks: readonly string[] = ["mainpc", "pc2"];

const project = "tandem";
/** Where the stacks' files stand when nothing else is said: beside Pulumi.yaml. */
export const siteDir = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Whose hubs speak TLS are believed from then on.
 *
 * @param names of stacks @default those of the pair, and every other one whose role is satellite
 * @throws OperatorError when a stack has no file, or its file is no stack's configuration
 */
export function readStacks(names: readonly string[] | undefined, dir = siteDir): Stack[] {
  return (names ?? [...pairStacks, ...satelliteStacks(dir)]).map((name) => {
    const path = stackPath(name, dir);
    const site = parseStack(openValues(readConfig(path, name)), name);
    if (site.role === "pair") believe(site);
    else for (const { hubCa } of site.hubs) trust(hubCa);
    return { name, path, site };
  });
}

/** As `readStacks`. @throws OperatorError for the stack of a satellite, too */
export function readPairStacks(names: readonly string[], dir = siteDir): Site[] {
  return names.map((name) => {
    const site = parseStackConfig(openValues(readConfig(stackPath(name, dir), name)), name);
    believe(site);
    return site;
  });
}

/** Its hubs may still be what they were before the stack's file was changed: with TLS, or with the link's certificate. */
function believe(site: Site): void {
  trust(hubCaOf(site));
  for (const ca of casBesides(site)) trustIfAny(ca);
}

function satelliteStacks(dir: string): string[] {
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  const others = names.filter((name) => !pairStacks.includes(name)).sort();
  return others.filter((name) => readConfig(stackPath(name, dir), name).role === "satellite");
}

const stackPath = (name: string, dir: string) => join(dir, `Pulumi.${name}.yaml`);

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
