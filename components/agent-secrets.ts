/** The secrets that a stack holds by name, for its agents, notifications, remote write and access; never plain text on their way to a resource. */
import * as pulumi from "@pulumi/pulumi";
import { OperatorError } from "../ops/error.ts";
import { leastTokenLength } from "./access-conf.ts";
import { accessTokensKey, agentSecretsKey, notificationSecretsKey, remoteWriteSecretsKey } from "./site.ts";
import { isSecret } from "./site-secrets.ts";

/** Empty when the stack has none. */
export const readAgentSecrets = () => readSecrets(agentSecretsKey);

/** Empty when the stack has none. */
export const readNotificationSecrets = () => readSecrets(notificationSecretsKey);

/** Empty when the stack has none. */
export const readRemoteWriteSecrets = () => readSecrets(remoteWriteSecretsKey);

/** Empty when the stack has none. */
export const readAccessTokens = () =>
  readSecrets(accessTokensKey, (name, value) =>
    value.trim().length < leastTokenLength
      ? `the token ${name} has fewer than ${leastTokenLength} characters, and might be guessed`
      : undefined,
  );

type Key =
  | typeof agentSecretsKey
  | typeof notificationSecretsKey
  | typeof remoteWriteSecretsKey
  | typeof accessTokensKey;

/** @param why what is wrong with a value, which it does not repeat */
function readSecrets(
  key: Key,
  why: (name: string, value: string) => string | undefined = () => undefined,
): Record<string, pulumi.Output<string>> {
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
  const wrong = Object.entries(values).flatMap(([name, value]) => why(name, String(value)) ?? []);
  if (wrong[0] !== undefined) throw refusal(key, wrong[0]);
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
