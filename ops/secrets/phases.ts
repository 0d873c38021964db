/** Divides new secrets into deployments, so that the link between the machines stays up throughout. */
import type { Renewals, Security } from "../init/renew.ts";

/** What a deployment changes in the file of one stack. */
export interface Change {
  stack: string;
  /** The whole group `security`. @default as it is */
  security?: Security;
  /** By path. @example { hubSeed: "SUA…", "agentSecrets.broker": "…" } */
  secrets: Record<string, string>;
}

export interface Phase {
  title: string;
  changes: Change[];
}

/**
 * One deployment where the CA stays. With a new one a machine that is already changed still has to be believed by the one that is not:
 * both trust both, then both show new certificates, then both forget the old CA.
 * @param others what else changes, such as secrets of agents
 */
export function phasesOf(stacks: Renewals["stacks"], others: readonly Change[]): Phase[] {
  const renewed = stacks.map(({ stack, after }): Change => ({ stack, ...after }));
  if (stacks.every(({ before, after }) => before.ca === after.security.ca))
    return named({ "new secrets": merged([...renewed, ...others]) });
  const trusting = stacks.map(({ stack, before, after: { security, secrets } }): Change => {
    const { leafKey: _, ...rest } = secrets;
    const { leafCertificate } = before;
    return {
      stack,
      security: { ...security, ca: both(before.ca, security.ca), leafCertificate },
      secrets: rest,
    };
  });
  const showing = stacks.map(({ stack, before, after: { security, secrets } }): Change => {
    const { leafKey } = secrets;
    return {
      stack,
      security: { ...security, ca: both(security.ca, before.ca) },
      secrets: leafKey === undefined ? {} : { leafKey },
    };
  });
  return named({
    "both CAs are trusted": merged([...trusting, ...others]),
    "certificates of the new CA are shown": showing,
    "the old CA is forgotten": renewed.map(({ stack, security }) => ({ stack, security, secrets: {} })),
  });
}

const both = (first: string, second: string) => `${first.trimEnd()}\n${second}`;

const named = (phases: Record<string, Change[]>): Phase[] =>
  Object.entries(phases).map(([title, changes]) => ({ title, changes }));

/** A change for each stack. */
function merged(changes: readonly Change[]): Change[] {
  const byStack = new Map<string, Change>();
  for (const { stack, security, secrets } of changes) {
    const one = byStack.get(stack) ?? { stack, secrets: {} };
    byStack.set(stack, { ...one, ...(security && { security }), secrets: { ...one.secrets, ...secrets } });
  }
  return [...byStack.values()];
}
