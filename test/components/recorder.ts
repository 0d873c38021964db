/** Runs Pulumi resources against mocks that note every one of them, with configuration merged as the engine merges it. */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

export interface Recorded {
  type: string;
  name: string;
  // What the engine would be told: it has no type of its own.
  inputs: Record<string, unknown>;
  /** Names of the inputs that the engine is told to encrypt. */
  secrets: string[];
  provider: string;
  custom: boolean;
}

/** Resources from here on are noted in the list that is given back. */
export async function recordResources(
  stack: string,
  config: Record<string, unknown> = {},
  secretKeys: string[] = [],
  preview = false,
): Promise<Recorded[]> {
  // What an earlier program still registers would else reach the new mocks, which do not know it.
  await pulumi.runtime.disconnect();
  const recorded: Recorded[] = [];
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        `tandem:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
    secretKeys.map((key) => `tandem:${key}`),
  );
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, provider = "", custom = false }) => {
        const secrets = Object.keys(inputs).filter((key) => pulumi.runtime.isRpcSecret(inputs[key]));
        recorded.push({ type, name, inputs: Object(plain(inputs)), secrets, provider, custom });
        return { id: `${name}-id`, state: { ...inputs, ...computed(type, inputs) } };
      },
      call: ({ token }) => {
        throw new Error(`no function is expected to be called, but ${token} was`);
      },
    },
    "tandem",
    stack,
    preview,
  );
  return recorded;
}

/** What a provider adds to its inputs, as far as the program reads it. */
function computed(type: string, inputs: Record<string, unknown>): Record<string, unknown> {
  if (type === "docker:index/remoteImage:RemoteImage") return { imageId: `sha256:of-${inputs.name}` };
  return type.endsWith(":Command") ? { stdout: "" } : {};
}

/** The resource of that name among those recorded. */
export function named(recorded: Recorded[], name: string): Recorded {
  const found = recorded.find((resource) => resource.name === name);
  if (found === undefined) throw new Error(`no resource ${name}`);
  return found;
}

/** The value without the marks that the SDK puts on secrets, so that tests see what the engine would see. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (pulumi.runtime.isRpcSecret(value)) return plain(pulumi.runtime.unwrapRpcSecret(value));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** Waits until a resource and all below it are registered, and gives their names. */
export async function settled(resource: pulumi.Resource): Promise<string[]> {
  const urn = await promised(resource.urn);
  // The tree is kept by the SDK for its own dependency tracking; it has no public reader.
  const children: Iterable<pulumi.Resource> = Reflect.get(resource, "__childResources") ?? [];
  const below = await Promise.all([...children].map(settled));
  return [urn.split("::").at(-1) ?? urn, ...below.flat()];
}

export function promised<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value));
  });
}

interface Declaration {
  type: "string" | "integer" | "boolean" | "array";
  description: string;
  default?: unknown;
}

export interface Project {
  name: string;
  main: string;
  runtime: { name: string; options: Record<string, unknown> };
  config: Record<string, Declaration>;
}

export function readProject(): Project {
  return parse(readFileSync(new URL("../../Pulumi.yaml", import.meta.url), "utf8"));
}

/** A stack's keys with the project's defaults where it is silent. */
export function stackValues(stack: string): Record<string, unknown> {
  const file = parse(readFileSync(new URL(`../../Pulumi.${stack}.yaml`, import.meta.url), "utf8"));
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(file.config)) values[key.replace("tandem:", "")] = value;
  return withDefaults(values);
}

/** Keys of any stack of the project, groups as objects, as the engine hands them to the program. */
export function withDefaults(given: Record<string, unknown>): Record<string, unknown> {
  const values = { ...given };
  for (const [key, { default: value }] of Object.entries(readProject().config)) {
    if (value !== undefined) setDefault(values, key.split("."), value);
  }
  return values;
}

function setDefault(values: Record<string, unknown>, [name = "", ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    values[name] ??= value;
    return;
  }
  const group: Record<string, unknown> = { ...Object(values[name]) };
  setDefault(group, rest, value);
  values[name] = group;
}
