/** Certificates of machines in files, from tandem init's issuer, as a hub reads them. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import forge from "node-forge";
import type { TlsConfig } from "../../hub/tls/config.ts";
import { createAuthority, type Issued, issueCertificate } from "../../ops/init/certificates.ts";

export const dayMs = 86_400_000;

export interface Certified {
  authority?: Issued;
  /** That the certificate is for. @default the machine's own */
  name?: string;
  address?: string;
  /** On which validity begins. @default now */
  now?: Date;
  validDays?: number;
}

export class TlsSite {
  readonly folder = mkdtempSync(join(tmpdir(), "tandem-tls-"));
  readonly authority: Issued;
  readonly address: string;

  constructor(address = "127.0.0.1") {
    this.address = address;
    this.authority = createAuthority({ name: "test CA", now: new Date() });
  }

  issue(machine: string, { authority = this.authority, name = machine, now = new Date(), ...more }: Certified = {}) {
    return issueCertificate(authority, { machine: name, address: this.address, now, ...more });
  }

  /** Writes a machine's files, or replaces them as a deployment does: one after the other, each at once. */
  write(machine: string, issued: Issued, ca = this.authority.certificate): Omit<TlsConfig, "plain"> {
    const path = (name: string) => join(this.folder, `${machine}.${name}`);
    const files = { certFile: path("pem"), keyFile: path("key"), caFile: path("ca") };
    this.replace(files.certFile, issued.certificate);
    this.replace(files.keyFile, issued.privateKey);
    this.replace(files.caFile, ca);
    return files;
  }

  replace(path: string, text: string): void {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A CA that another one has issued, or has issued itself, with others below it. */
export function certificateAuthority(name: string, issuer?: Issued): Issued {
  const keys = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const above = issuer && forge.pki.certificateFromPem(issuer.certificate);
  const made = forge.pki.createCertificate();
  made.publicKey = forge.pki.publicKeyFromPem(keys.publicKey);
  made.serialNumber = "40";
  made.validity.notBefore = new Date(Date.now() - dayMs);
  made.validity.notAfter = new Date(Date.now() + 3_650 * dayMs);
  made.setSubject([{ name: "commonName", value: name }]);
  made.setIssuer(above?.subject.attributes ?? made.subject.attributes);
  made.setExtensions([
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    { name: "subjectKeyIdentifier" },
  ]);
  made.sign(forge.pki.privateKeyFromPem(issuer?.privateKey ?? keys.privateKey), forge.md.sha256.create());
  return { certificate: forge.pki.certificateToPem(made).replaceAll("\r\n", "\n"), privateKey: keys.privateKey };
}
