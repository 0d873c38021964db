/** Reads the configuration of the stack that the engine runs. */
import * as pulumi from "@pulumi/pulumi";
import { OperatorError } from "../ops/error.ts";
import { namedSecretsKeys, type Site, type StackSite, singleSecretKeys } from "./site.ts";
import { isSecret } from "./site-secrets.ts";
import { pairOnly, parseStack } from "./stack-config.ts";

/** The configuration of the running stack, of a machine of the pair. @throws OperatorError for a satellite's */
export function readStackConfig(): Site {
  return pairOnly(readStack(), pulumi.getStack());
}

/**
 * The configuration of the running stack, whichever kind of machine it is.
 *
 * @throws OperatorError for an encrypted value in it, too: it would be plain in the state, and in a file that all users of the machine read
 */
export function readStack(): StackSite {
  const project = pulumi.getProject();
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const [namespace, name] = key.split(":");
    if (namespace !== project || name === undefined || secretNames.has(name)) continue;
    if (isSecret(key)) throw encrypted(name);
    values[name] = parsed(value);
  }
  return parseStack(values, pulumi.getStack(), project);
}

const secretNames: ReadonlySet<string> = new Set([...singleSecretKeys, ...namedSecretsKeys]);

/** Of a group nobody says which of its values it is. */
function encrypted(name: string): OperatorError {
  const stack = pulumi.getStack();
  return new OperatorError(
    "config.secret",
    `tandem:${name} in Pulumi.${stack}.yaml holds an encrypted value, which would stand in plain text in the state and on the machine`,
    `Take it out (pulumi config rm -s ${stack} --path '${name}.…'). A secret goes into the key that docs/pulumi.md has for it, such as notificationSecrets, and is named by …Secret; what is none is set without --secret`,
  );
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
