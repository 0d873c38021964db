/** New keys and certificates for a site that has some; certificates by the kept CA, or by a new one where none was kept. */
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { agentsOf } from "./agents.ts";
import { machineNames } from "./answers.ts";
import { createAuthority, type Issued, issueCertificate } from "./certificates.ts";
import { createAgentKeys, createKey } from "./identity.ts";
import { authorityFiles, hasAuthority, isAuthorityOf, isOperatorOfAnother, openAuthority } from "./keep.ts";
import type { SealedStack } from "./seal.ts";
import { readStackFile, type StackFile, stackPath } from "./stack-file.ts";

export type Renewal = "certificates" | "keys" | "operator-key" | "agent-keys";

export interface RenewArgs {
  /** Folder of Pulumi.yaml. */
  folder: string;
  project: string;
  what: readonly Renewal[];
  /** Folder of what was kept. */
  kept: string;
  /** Opens the kept CA, or encrypts a new one. @default a new CA is made and not kept */
  caPassphrase: string | undefined;
  /** Whether certificates come from a new CA although one was kept. @default false */
  newAuthority?: boolean;
  now: Date;
}

/** What is new of a stack. */
export interface Renewed {
  /** The whole group `security`. */
  security: Security;
  /** By key without the project's name. */
  secrets: Record<string, string>;
}

export interface Renewals {
  stacks: { stack: string; file: StackFile; before: Security; after: Renewed }[];
  /** Seeds of people and agents, and a new CA, by file name. */
  keptFiles: Record<string, string>;
}

const Machine = z.looseObject({ address: z.string() });
const VirtualIp = z.looseObject({ address: z.string().default("") }).prefault({});
const Hub = z.looseObject({ allowedHosts: z.array(z.string()).default([]) }).prefault({});
const Security = z.looseObject({
  ca: z.string(),
  leafCertificate: z.string(),
  operatorKey: z.string().optional(),
  /** Of sites of the version before. */
  agentKey: z.string().optional(),
  agentKeys: z.array(z.strictObject({ name: z.string(), key: z.string() })).optional(),
});
export type Security = z.infer<typeof Security>;
const dayMs = 86_400_000;

/** The stack files of both machines with new secrets, all at once. */
export function renew(args: RenewArgs): { stacks: SealedStack[]; keptFiles: Record<string, string> } {
  const { stacks, keptFiles } = renewals(args);
  const key = `${args.project}:security`;
  const sealed = stacks.map(({ stack, file, after: { security, secrets } }): SealedStack => {
    return { stack, file: { ...file, config: { ...file.config, [key]: security } }, secrets };
  });
  return { stacks: sealed, keptFiles };
}

/**
 * Makes what is asked for.
 *
 * @throws OperatorError for a site without keys, for what was kept of another site, and for a passphrase that does not open the CA
 */
export function renewals(args: RenewArgs): Renewals {
  const { folder, project, what, kept, caPassphrase, now } = args;
  const found = hasAuthority(kept) && caPassphrase !== undefined && args.newAuthority !== true;
  const pair = machineNames.map((stack) => securedStack(folder, stack, project));
  for (const { path, security } of found && what.includes("certificates") ? pair : [])
    if (!isAuthorityOf(kept, security)) throw strangers(`${join(kept, "ca.pem")} is not the CA of ${path}`, kept);
  const open = () => (found ? openAuthority(kept, caPassphrase) : createAuthority({ name: caName(project, now), now }));
  const authority = what.includes("certificates") ? open() : undefined;
  const operator = what.includes("operator-key") ? createKey() : undefined;
  const keptFiles: Record<string, string> = operator === undefined ? {} : { "operator.seed": operator.seed };
  if (authority !== undefined && !found && caPassphrase !== undefined)
    Object.assign(keptFiles, authorityFiles(authority, caPassphrase));
  const stacks = pair.map(({ stack, file, address, names, security: before }) => {
    const after: Renewed = { security: { ...before }, secrets: {} };
    if (authority !== undefined) {
      const of = { machine: stack, address, names, before: before.leafCertificate, now };
      const { certificate, privateKey } = newCertificate(authority, of);
      Object.assign(after.security, { ca: authority.certificate, leafCertificate: certificate });
      after.secrets.leafKey = privateKey;
    }
    if (what.includes("keys")) {
      const { publicKey, seed } = createKey();
      after.security.hubKey = publicKey;
      after.secrets.hubSeed = seed;
    }
    if (operator !== undefined) after.security.operatorKey = operator.publicKey;
    if (what.includes("agent-keys") && haveKeys(before)) {
      const made = createAgentKeys(stack, agentsOf(file, project, stack));
      after.security.agentKeys = made.keys;
      // All of them shared one.
      delete after.security.agentKey;
      Object.assign(keptFiles, made.seeds);
    }
    return { stack, file, before, after };
  });
  if (Object.keys(keptFiles).length > 0)
    for (const { path, security } of pair)
      if (isOperatorOfAnother(kept, security))
        throw strangers(`${join(kept, "operator.seed")} is not the operator's of ${path}`, kept);
  return { stacks, keptFiles };
}

const strangers = (what: string, kept: string) =>
  new OperatorError(
    "init.kept",
    `${what}: what was kept is of another site, or was exchanged since`,
    `Name the folder that holds this site's: XDG_CONFIG_HOME=FOLDER; or move the files of ${kept} away: without a CA there a new one is made`,
  );

function securedStack(folder: string, stack: string, project: string) {
  const file = readStackFile(folder, stack);
  const machine = Machine.safeParse(file?.config[`${project}:machine`]);
  const security = Security.safeParse(file?.config[`${project}:security`]);
  if (file === undefined || !machine.success || !security.success) {
    throw new OperatorError(
      "init.nothing-to-renew",
      `${stackPath(folder, stack)} has no certificate and no keys that could be renewed`,
      "Set the site up first: tandem init",
    );
  }
  const virtual = VirtualIp.parse(file.config[`${project}:virtualIp`]).address;
  const names = [...(virtual === "" ? [] : [virtual]), ...Hub.parse(file.config[`${project}:hub`]).allowedHosts];
  const path = stackPath(folder, stack);
  return { stack, path, file, address: machine.data.address, names, security: security.data };
}

/** A machine without agents has none yet, and an empty list. */
const haveKeys = ({ agentKey = "", agentKeys }: Security) => agentKey !== "" || agentKeys !== undefined;

export const caName = (project: string, now: Date) => `${project} CA of ${now.toISOString().slice(0, 10)}`;

function newCertificate(
  authority: Issued,
  { before, now, ...of }: { machine: string; address: string; names: string[]; before: string; now: Date },
): Issued {
  const validDays = Math.min(spanDays(before), leftDays(authority, now));
  return issueCertificate(authority, { ...of, now, validDays });
}

/** As long as the certificate before it was meant to last. */
function spanDays(pem: string): number {
  const { validFrom, validTo } = new X509Certificate(pem);
  return Math.max(1, Math.floor((Date.parse(validTo) - Date.parse(validFrom)) / dayMs));
}

function leftDays({ certificate }: Issued, now: Date): number {
  return Math.floor((Date.parse(new X509Certificate(certificate).validTo) - now.getTime()) / dayMs);
}
