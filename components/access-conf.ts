/** Turns what a stack says of access into the hub's own words and into its files of tokens, which hold hashes alone. */
import { createHash } from "node:crypto";
import type { AccessConfig } from "../hub/access/config.ts";
import type { OperatorToken, PushToken } from "../hub/core/access/tokens.ts";
import type { Refuse } from "./site/common-checks.ts";
import type { Site } from "./site.ts";

type Said = Pick<Site, "access">;
/** By name. */
type Tokens = Readonly<Record<string, string>>;

/** Directory of the files in the hub's container. */
export const accessTarget = "/etc/tandem/access";
export const pushTokensFile = "push-tokens.json";
export const operatorTokensFile = "operator-tokens.json";
/** Shorter ones might be guessed. */
export const leastTokenLength = 32;

/** Undefined for a site that asks nobody. */
export function accessConf({ access }: Said): AccessConfig | undefined {
  const { push, operators } = access;
  if (push.length === 0 && operators.length === 0) return undefined;
  return {
    ...(push.length === 0 ? {} : { pushTokensFile: `${accessTarget}/${pushTokensFile}` }),
    ...(operators.length === 0 ? {} : { operatorTokensFile: `${accessTarget}/${operatorTokensFile}` }),
  };
}

/** Names of the tokens that it needs. */
export function accessTokenNames({ access }: Said): string[] {
  return [...new Set([...access.push, ...access.operators].map(({ tokenSecret }) => tokenSecret))].toSorted();
}

/** By the files' names, those alone that the hub reads. */
export function accessFiles({ access }: Said, tokens: Tokens): Record<string, string> {
  const { push, operators } = access;
  const pushers = push.map(({ tokenSecret, machines, ...said }): PushToken => {
    const sha256 = hashOf(tokens[tokenSecret]);
    return { ...said, sha256, ...(machines === undefined ? {} : { machines }) };
  });
  const orderers = operators.map(
    ({ name, tokenSecret }): OperatorToken => ({ name, sha256: hashOf(tokens[tokenSecret]) }),
  );
  return {
    ...(push.length === 0 ? {} : { [pushTokensFile]: textOf(pushers) }),
    ...(operators.length === 0 ? {} : { [operatorTokensFile]: textOf(orderers) }),
  };
}

/** A token that two hold tells of neither who it is. */
export function checkAccess({ access }: Said, refuse: Refuse): void {
  const holders = new Map<string, string>();
  for (const kind of ["push", "operators"] as const) {
    for (const [index, { tokenSecret }] of access[kind].entries()) {
      const at = `access.${kind}[${index}]`;
      const holder = holders.get(tokenSecret);
      if (holder !== undefined)
        refuse(`access.${kind}.${index}.tokenSecret`, `a token of its own; ${tokenSecret} is ${holder}'s already`);
      holders.set(tokenSecret, at);
    }
  }
}

const hashOf = (token = "") => createHash("sha256").update(token.trim()).digest("hex");

const textOf = (tokens: readonly unknown[]) => `${JSON.stringify({ v: 1, tokens }, null, 1)}\n`;
