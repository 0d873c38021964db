/** The secrets that a stack holds by name, for its agents, notifications, remote write and access; never plain text on their way to a resource. */
import * as pulumi from "@pulumi/pulumi";
import { sharedBy } from "../hub/core/access/tokens.ts";
import { OperatorError } from "../ops/error.ts";
import { leastTokenLength } from "./access-conf.ts";
import {
  accessTokensKey,
  agentSecretsKey,
  type namedSecretsKeys,
  notificationSecretsKey,
  remoteWriteSecretsKey,
} from "./site.ts";
import { isSecret } from "./site-secrets.ts";

/** Empty when the stack has none. */
export const readAgentSecrets = () => readSecrets(agentSecretsKey);

/** Empty when the stack has none. */
export const readNotificationSecrets = () => readSecrets(notificationSecretsKey);

/** Empty when the stack has none. */
export const readRemoteWriteSecrets = () => readSecrets(remoteWriteSecretsKey);

/** Empty when the stack has none. */
export const readAccessTokens = () =>
  readSecrets(accessTokensKey, (tokens) => {
    const short = tokens.find(([, token]) => token.trim().length < leastTokenLength);
    if (short !== undefined)
      return `the token ${short[0]} has fewer than ${leastTokenLength} characters, and might be guessed`;
    return sharedBy(tokens.map(([name, token]) => [name, token.trim()]));
  });

type Key = (typeof namedSecretsKeys)[number];

/** @param why what is wrong with the values, none of which it repeats */
function readSecrets(
  key: Key,
  why: (values: readonly (readonly [name: string, value: string])[]) => string | undefined = () => undefined,
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
  const texts = Object.entries(values).map(([name, value]) => [name, String(value)] as const);
  const wrong = why(texts);
  if (wrong !== undefined) throw refusal(key, wrong);
  return Object.fromEntries(texts.map(([name, value]) => [name, pulumi.secret(value)]));
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
