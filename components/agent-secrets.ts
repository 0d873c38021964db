/** The secrets that a stack holds for its agents, by name; never plain text on their way to a resource. */
import * as pulumi from "@pulumi/pulumi";
import { OperatorError } from "../ops/error.ts";
import { agentSecretsKey } from "./site.ts";
import { isSecret } from "./site-secrets.ts";

/** Empty when the stack has none. */
export function readAgentSecrets(): Record<string, pulumi.Output<string>> {
  const config = new pulumi.Config();
  const text = config.get(agentSecretsKey) ?? "";
  if (text === "") return {};
  const values: unknown = parsed(text);
  const wellFormed =
    typeof values === "object" && values !== null && Object.values(values).every((value) => typeof value === "string");
  if (!wellFormed) throw refusal("it is not a map of names to texts");
  if (!isSecret(`${config.name}:${agentSecretsKey}`)) {
    throw refusal("its values stand there in plain text, for everybody with the file to read");
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, pulumi.secret(String(value))]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Never repeats a value. */
function refusal(what: string): OperatorError {
  const stack = pulumi.getStack();
  return new OperatorError(
    "config.secret",
    `tandem:${agentSecretsKey} in Pulumi.${stack}.yaml: ${what}`,
    `Take new ones, and set each through standard input: pulumi config set -s ${stack} --secret --path ${agentSecretsKey}.NAME < FILE`,
  );
}
