/** New keys and certificates for a site that has some; certificates by the kept CA, or by a new one where none was kept. */
import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { machineNames } from "./answers.ts";
import { createAuthority, type Issued, issueCertificate } from "./certificates.ts";
import { createKey } from "./identity.ts";
import { authorityFiles, hasAuthority, openAuthority } from "./keep.ts";
import type { SealedStack } from "./seal.ts";
import { readStackFile, stackPath } from "./stack-file.ts";

export type Renewal = "certificates" | "keys";

export interface RenewArgs {
  /** Folder of Pulumi.yaml. */
  folder: string;
  project: string;
  /** The link's certificates, the hubs' keys, or both. */
  what: Renewal[];
  /** Folder of what was kept. */
  kept: string;
  /** Opens the kept CA, or encrypts a new one. @default a new CA is made and not kept */
  caPassphrase: string | undefined;
  now: Date;
}

interface Renewed {
  halves: object;
  secrets: Record<string, string>;
}

const Machine = z.looseObject({ address: z.string() });
const Security = z.looseObject({ leafCertificate: z.string() });
const dayMs = 86_400_000;

export function renew(args: RenewArgs): { stacks: SealedStack[]; keptFiles: Record<string, string> } {
  const { folder, project, what, kept, caPassphrase, now } = args;
  const found = hasAuthority(kept) && caPassphrase !== undefined;
  const open = () => (found ? openAuthority(kept, caPassphrase) : createAuthority({ name: caName(project, now), now }));
  const authority = what.includes("certificates") ? open() : undefined;
  const stacks = machineNames.map((stack): SealedStack => {
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
    const { address } = machine.data;
    const { leafCertificate: before } = security.data;
    const parts: Renewed[] = [{ halves: security.data, secrets: {} }];
    if (authority !== undefined) parts.push(newCertificate(authority, { machine: stack, address, before, now }));
    if (what.includes("keys")) {
      const { publicKey, seed } = createKey();
      parts.push({ halves: { hubKey: publicKey }, secrets: { hubSeed: seed } });
    }
    const halves = Object.assign({}, ...parts.map((part) => part.halves));
    const secrets = Object.assign({}, ...parts.map((part) => part.secrets));
    return { stack, file: { ...file, config: { ...file.config, [`${project}:security`]: halves } }, secrets };
  });
  const isKept = authority === undefined || found || caPassphrase === undefined;
  return { stacks, keptFiles: isKept ? {} : authorityFiles(authority, caPassphrase) };
}

export const caName = (project: string, now: Date) => `${project} CA of ${now.toISOString().slice(0, 10)}`;

function newCertificate(
  authority: Issued,
  { before, now, ...of }: { machine: string; address: string; before: string; now: Date },
): Renewed {
  const validDays = Math.min(spanDays(before), leftDays(authority, now));
  const { certificate, privateKey } = issueCertificate(authority, { ...of, now, validDays });
  return { halves: { ca: authority.certificate, leafCertificate: certificate }, secrets: { leafKey: privateKey } };
}

/** As long as the certificate before it was meant to last. */
function spanDays(pem: string): number {
  const { validFrom, validTo } = new X509Certificate(pem);
  return Math.max(1, Math.floor((Date.parse(validTo) - Date.parse(validFrom)) / dayMs));
}

function leftDays({ certificate }: Issued, now: Date): number {
  return Math.floor((Date.parse(new X509Certificate(certificate).validTo) - now.getTime()) / dayMs);
}
