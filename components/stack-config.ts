/** Checks a stack's configuration; a wrong one names the key, its file, what was expected and how to set it. Pure. */
import { z } from "zod";
import { nearestId } from "../fleet/nearest.ts";
import { OperatorError } from "../ops/error.ts";
import { SatelliteKeys, SatelliteSite } from "./satellite-site.ts";
import { Site, type StackSite } from "./site.ts";

/** Groups in which somebody may have written a secret by mistake: what stands there is not repeated. */
const mayBeSecret: ReadonlySet<string> = new Set(["security", "notifications", "remoteWrite", "access"]);

/** As `parseStack`. @throws OperatorError for the stack of a satellite, too */
export function parseStackConfig(values: Record<string, unknown>, stack: string, project = "tandem"): Site {
  return pairOnly(parseStack(values, stack, project), stack);
}

/** @param values the stack's keys without the project's name, groups as objects */
export function parseStack(values: Record<string, unknown>, stack: string, project = "tandem"): StackSite {
  const result = values.role === "satellite" ? SatelliteSite.safeParse(values) : Site.safeParse(values);
  if (result.success) return result.data;
  const file = `Pulumi.${stack}.yaml`;
  const problems = result.error.issues.flatMap((issue) => describe(issue, values));
  const toSet = problems.find(({ example }) => example !== undefined);
  const next =
    toSet === undefined
      ? `Rename or remove it in ${file}`
      : `Set it as in: pulumi config set -s ${stack} --path '${toSet.key}' '${toSet.example}'`;
  throw new OperatorError(
    "config.invalid",
    problems.map(({ key, text }) => `${project}:${key} in ${file}: ${text}`).join("\n"),
    `${next} (docs/pulumi.md lists every key)`,
  );
}

/** @throws OperatorError for the stack of a satellite */
export function pairOnly(site: StackSite, stack: string): Site {
  if (site.role === "pair") return site;
  throw new OperatorError(
    "config.role",
    `Pulumi.${stack}.yaml is the stack of ${site.machine.name}, a satellite, where a machine of the pair is asked for`,
    "Name a stack of the pair, or take tandem:role out if it is to be one",
  );
}

interface Problem {
  key: string;
  text: string;
  /** A value that would do; undefined for a key that should not be there. */
  example: string | undefined;
}

function describe(issue: z.core.$ZodIssue, values: unknown): Problem[] {
  const at = issue.path.map(String);
  const keys = keysOf(values);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => {
      const near = nearestId(name, Object.keys(shapeOf(schemaAt(at, keys)) ?? {}));
      const hint = near === undefined ? "" : `; did you mean ${keyOf([...issue.path, near])}?`;
      return { key: keyOf([...issue.path, name]), text: `there is no such key${hint}`, example: undefined };
    });
  }
  const got = valueAt(values, at);
  // What stands in place of a public key, or of a secret's name, may be the secret.
  const shown = mayBeSecret.has(String(at[0])) ? "something else" : JSON.stringify(got);
  const found = got === undefined ? "it is missing" : `got ${shown}`;
  const remove = issue.code === "custom" && issue.params?.remove === true;
  const example = remove ? undefined : exampleOf(at, keys);
  return [{ key: keyOf(issue.path), text: `expected ${expectation(issue)}; ${found}`, example }];
}

/** As `pulumi config set --path` writes it. */
function keyOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((key, part) => {
    if (typeof part === "number") return `${key}[${part}]`;
    return key === "" ? String(part) : `${key}.${String(part)}`;
  }, "");
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "too_small":
      return `at least ${issue.minimum}${issue.origin === "string" ? " character" : ""}`;
    case "too_big":
      return `at most ${issue.maximum}`;
    case "invalid_union":
      // Empty or a pattern: the pattern's words are what helps.
      return issue.errors[0]?.[0]?.message ?? issue.message;
    case "invalid_type":
      return issue.message.startsWith("Invalid input: expected ") ? issue.expected : issue.message;
    default:
      return issue.message;
  }
}

function exampleOf(path: readonly string[], keys: z.ZodType): string {
  let schema = schemaAt(path, keys);
  while (schema instanceof z.ZodDefault && schema.meta()?.example === undefined) schema = schema.unwrap();
  const example = schema instanceof z.ZodType ? schema.meta()?.example : undefined;
  return example === undefined ? "…" : String(example);
}

/** The schema whose keys these values should have. */
const keysOf = (values: unknown): z.ZodType =>
  Reflect.get(Object(values), "role") === "satellite" ? SatelliteKeys : Site;

function schemaAt(path: readonly string[], keys: z.ZodType): unknown {
  let schema: unknown = keys;
  for (const name of path) schema = shapeOf(schema)?.[name] ?? elementOf(schema);
  return schema;
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodPrefault) return shapeOf(schema.unwrap());
  return undefined;
}

function elementOf(schema: unknown): unknown {
  const inner = schema instanceof z.ZodDefault ? schema.unwrap() : schema;
  return inner instanceof z.ZodArray ? inner.element : undefined;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) at = typeof at === "object" && at !== null ? Reflect.get(at, name) : undefined;
  return at;
}
