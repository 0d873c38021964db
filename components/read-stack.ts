/** Reads the configuration of the stack that the engine runs. */
import * as pulumi from "@pulumi/pulumi";
import { namedSecretsKeys, type Site, type StackSite, singleSecretKeys } from "./site.ts";
import { pairOnly, parseStack } from "./stack-config.ts";

/** The configuration of the running stack, of a machine of the pair. @throws OperatorError for a satellite's */
export function readStackConfig(): Site {
  return pairOnly(readStack(), pulumi.getStack());
}

/** The configuration of the running stack, whichever kind of machine it is. */
export function readStack(): StackSite {
  const project = pulumi.getProject();
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const [namespace, name] = key.split(":");
    if (namespace !== project || name === undefined || secretNames.has(name)) continue;
    values[name] = parsed(value);
  }
  return parseStack(values, pulumi.getStack(), project);
}

const secretNames: ReadonlySet<string> = new Set([...singleSecretKeys, ...namedSecretsKeys]);

/** Groups and lists come as JSON, all else as it was written. */
function parsed(value: string): unknown {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
