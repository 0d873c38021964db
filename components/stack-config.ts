/** Reads a stack's configuration; a wrong one names the key, its file, what was expected and how to set it. */
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { nearestId } from "../fleet/nearest.ts";
import { OperatorError } from "../ops/error.ts";
import { agentSecretsKey, grafanaPasswordKey, Site, siteSecretNames } from "./site.ts";

/** The configuration of the running stack. */
export function readStackConfig(): Site {
  const project = pulumi.getProject();
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const [namespace, name] = key.split(":");
    if (namespace !== project || name === undefined || secretNames.has(name)) continue;
    values[name] = parsed(value);
  }
  return parseStackConfig(values, pulumi.getStack(), project);
}

const secretNames: ReadonlySet<string> = new Set([...siteSecretNames, agentSecretsKey, grafanaPasswordKey]);

/** @param values the stack's keys without the project's name, groups as objects */
export function parseStackConfig(values: Record<string, unknown>, stack: string, project = "tandem"): Site {
  const result = Site.safeParse(values);
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

interface Problem {
  key: string;
  text: string;
  /** A value that would do; undefined for a key that should not be there. */
  example: string | undefined;
}

function describe(issue: z.core.$ZodIssue, values: unknown): Problem[] {
  const at = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => {
      const near = nearestId(name, Object.keys(shapeOf(schemaAt(at)) ?? {}));
      const hint = near === undefined ? "" : `; did you mean ${[...at, near].join(".")}?`;
      return { key: [...at, name].join("."), text: `there is no such key${hint}`, example: undefined };
    });
  }
  const got = valueAt(values, at);
  // What stands in place of a public key or certificate may be its secret half.
  const shown = at[0] === "security" ? "something else" : JSON.stringify(got);
  const found = got === undefined ? "it is missing" : `got ${shown}`;
  return [{ key: keyOf(issue.path), text: `expected ${expectation(issue)}; ${found}`, example: exampleOf(at) }];
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

function exampleOf(path: readonly string[]): string {
  let schema = schemaAt(path);
  while (schema instanceof z.ZodDefault && schema.meta()?.example === undefined) schema = schema.unwrap();
  const example = schema instanceof z.ZodType ? schema.meta()?.example : undefined;
  return example === undefined ? "…" : String(example);
}

function schemaAt(path: readonly string[]): unknown {
  let schema: unknown = Site;
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

/** Groups and lists come as JSON, all else as it was written. */
function parsed(value: string): unknown {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
