/** A state as an `up` would have left it, put together from what previews say, so that changes can be previewed where no machine is. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Engine } from "./engine.ts";

/** What an engine writes where a value is not known yet. */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

const Values = z.record(z.string(), z.unknown());
const Resource = z.object({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean().default(false),
  parent: z.string().default(""),
  protect: z.boolean().default(false),
  provider: z.string().default(""),
  inputs: Values,
  outputs: Values,
});
type Resource = z.infer<typeof Resource>;

const Line = z.object({
  resOutputsEvent: z.object({ metadata: z.object({ new: Resource.nullable() }) }).optional(),
  resourcePreEvent: z.object({ metadata: z.object({ new: Resource.nullable() }) }).optional(),
});

/** With how the stack's secrets are encrypted. */
export const State = z.looseObject({ deployment: z.looseObject({}) });

/**
 * @param empty the stack's state, as the engine exports it
 * @param events text of the engine's event log of a preview
 * @param secrets value of an input that a preview does not show, by the resource's name and the input's
 */
export function seemingState(
  empty: z.infer<typeof State>,
  events: string,
  secrets: (resource: string, input: string) => unknown,
): unknown {
  const resources = new Map<string, Resource>();
  for (const line of events.trim().split("\n")) {
    const { resOutputsEvent, resourcePreEvent } = Line.parse(JSON.parse(line));
    const found = (resOutputsEvent ?? resourcePreEvent)?.metadata.new;
    if (found) resources.set(found.urn, found);
  }
  const providerOf = ({ provider }: Resource) => {
    if (provider === "") return "";
    const urn = provider.slice(0, provider.lastIndexOf("::"));
    return `${urn}::${idOf(urn)}`;
  };
  const known = [...resources.values()].map((resource) => {
    const { urn, type, custom, parent, protect } = resource;
    const name = urn.split("::").at(-1) ?? "";
    const inputs = filled(resource.inputs, name, secrets);
    const outputs = { ...filled(resource.outputs, name, secrets), ...computed(type, inputs) };
    const provider = providerOf(resource);
    const id = custom ? { id: idOf(urn) } : {};
    return {
      urn,
      type,
      custom,
      ...id,
      inputs,
      outputs: Object.keys(outputs).length === 0 ? inputs : outputs,
      ...(parent === "" ? {} : { parent }),
      ...(protect ? { protect } : {}),
      ...(provider === "" ? {} : { provider }),
    };
  });
  // A provider comes before what it provides, and a parent before its children.
  const rank = ({ type }: { type: string }) => (type.startsWith("pulumi:") || type.startsWith("tandem:") ? 0 : 1);
  return { ...empty, deployment: { ...empty.deployment, resources: known.toSorted((a, b) => rank(a) - rank(b)) } };
}

/** The same each time, since scripts name the containers that they are about. */
function idOf(urn: string): string {
  const hex = createHash("sha256").update(urn).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}

/** What a provider would have added, as far as the program reads it or the provider compares it. */
function computed(type: string, inputs: Record<string, unknown>): Record<string, unknown> {
  const { name, imageName, entrypoints = ["/bin/server"] } = inputs;
  switch (type) {
    case "docker:index/remoteImage:RemoteImage":
      return { imageId: `sha256:of-${name}` };
    case "docker:index/image:Image":
      return { imageName, repoDigest: "", __inputs: inputs };
    case "docker:index/container:Container":
      return { entrypoints, envs: [], networkDatas: [] };
    default:
      return type.endsWith(":Command") ? { stdout: "", stderr: "" } : {};
  }
}

function filled(
  values: Record<string, unknown>,
  name: string,
  secrets: (resource: string, input: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      if (value === unknownValue) return [];
      if (!isSecret(value)) return [[key, value]];
      const plaintext = JSON.stringify(secrets(name, key));
      return [[key, { [signature]: secretSignature, plaintext }]];
    }),
  );
}

const isSecret = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Reflect.get(value, signature) === secretSignature;

/** Gives a stack the state of an `up` that nobody has run. Two previews: what depends on another resource is known by the second. */
export async function importSeemingState(
  engine: Engine,
  stack: string,
  secrets: (resource: string, input: string) => unknown,
): Promise<void> {
  for (const round of [1, 2]) {
    const empty = State.parse(JSON.parse((await engine.must(stack, "stack export")).stdout));
    const state = seemingState(empty, await engine.events(stack), secrets);
    const file = engine.file(`state-${stack}-${round}.json`, JSON.stringify(state));
    await engine.must(stack, "stack import", "--force", "--file", file);
  }
}
