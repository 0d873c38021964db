/** The secrets that a stack holds by name, for its agents, its notifications and its remote write; never plain text on their way to a resource. */
import * as pulumi from "@pulumi/pulumi";
import { OperatorError } from "../ops/error.ts";
import { agentSecretsKey, notificationSecretsKey, remoteWriteSecretsKey } from "./site.ts";
import { isSecret } from "./site-secrets.ts";

/** Empty when the stack has none. */
export const readAgentSecrets = () => readSecrets(agentSecretsKey);

/** Empty when the stack has none. */
export const readNotificationSecrets = () => readSecrets(notificationSecretsKey);

/** Empty when the stack has none. */
export const readRemoteWriteSecrets = () => readSecrets(remoteWriteSecretsKey);

type Key = typeof agentSecretsKey | typeof notificationSecretsKey | typeof remoteWriteSecretsKey;

function readSecrets(key: Key): Record<string, pulumi.Output<string>> {
  const config = new pulumi.Config();
  const text = config.get(key) ?? "";
  if (text === "") return {};
  const values: unknown = parsed(text);
  const wellFormed =
    typeof values === "object" && values !== null && Object.values(values).every((value) => typeof value === "string");
  if (!wellFormed) throw refusal(key, "it is not a map of names to texts");
  if (!isSecret(`${config.name}:${key}`)) {
    throw refusal(key, "its values stand there in plain text, for everybody with the file to read");
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
function refusal(key: Key, what: string): OperatorError {
  const stack = pulumi.getStack();
  return new OperatorError(
    "config.secret",
    `tandem:${key} in Pulumi.${stack}.yaml: ${what}`,
    `Take new ones, and set each through standard input: pulumi config set -s ${stack} --secret --path ${key}.NAME < FILE`,
  );
}
