/** Issues what the two ends of the leaf link, and the hubs, show each other: a CA of the pair's own and a certificate for each machine. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import forge from "node-forge";

/** PEM texts; the private key is PKCS #8. */
export interface Issued {
  certificate: string;
  privateKey: string;
}

export interface AuthorityArgs {
  /** What people see of it. @example "tandem CA" */
  name: string;
  /** Day on which validity begins, and from which it is counted. */
  now: Date;
  /** @default 3650 */
  validDays?: number;
}

export interface MachineCertificateArgs {
  machine: string;
  /** Address or name at which the other end dials it. @example "192.0.2.10" */
  address: string;
  /** Others at which its hub is asked. @default none @example ["192.0.2.100", "hub.example.org"] */
  names?: readonly string[];
  now: Date;
  /** Short of what the authority has left. @default 825 */
  validDays?: number;
}

const authorityDays = 3_650;
export const machineDays = 825;
const dayMs = 86_400_000;
/** Clocks of two machines differ, so validity begins a little earlier, ms. */
const clockSkewMs = 3_600_000;
const keyBits = 3_072;

export function createAuthority({ name, now, validDays = authorityDays }: AuthorityArgs): Issued {
  const { privateKey, certificate } = prepared(now, validDays);
  const subject = [{ name: "commonName", value: name }];
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  certificate.setExtensions([
    { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    { name: "subjectKeyIdentifier" },
  ]);
  return signed(certificate, privateKey, privateKey);
}

/** By which a hub is asked on its own machine, or through an SSH tunnel. */
const ownNames = ["localhost", "127.0.0.1", "::1"];

/** Good for either end: which machine listens may change. */
export function issueCertificate(authority: Issued, args: MachineCertificateArgs): Issued {
  const { machine, address, names = [], now, validDays = machineDays } = args;
  const issuer = forge.pki.certificateFromPem(authority.certificate);
  const { privateKey, certificate } = prepared(now, validDays);
  if (certificate.validity.notAfter > issuer.validity.notAfter) {
    throw new RangeError(`${validDays} days end after the authority's own validity, ${day(issuer.validity.notAfter)}`);
  }
  certificate.setSubject([{ name: "commonName", value: machine }]);
  certificate.setIssuer(issuer.subject.attributes);
  certificate.setExtensions([
    { name: "basicConstraints", cA: false, critical: true },
    { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
    { name: "extKeyUsage", serverAuth: true, clientAuth: true },
    { name: "subjectAltName", altNames: [...new Set([address, ...names, ...ownNames])].map(alternative) },
    { name: "authorityKeyIdentifier", keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ]);
  return signed(certificate, privateKey, authority.privateKey);
}

function prepared(now: Date, validDays: number) {
  const pair = generateKeyPairSync("rsa", {
    modulusLength: keyBits,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = serialNumber(randomBytes(16));
  certificate.validity.notBefore = new Date(now.getTime() - clockSkewMs);
  certificate.validity.notAfter = new Date(now.getTime() + validDays * dayMs);
  return { privateKey: pair.privateKey, certificate };
}

/** Positive and without a leading zero byte: OpenSSL takes a certificate with any other for none at all. */
export function serialNumber(random: Buffer): string {
  const bytes = Buffer.from(random);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString("hex");
}

function signed(certificate: forge.pki.Certificate, privateKey: string, signer: string): Issued {
  certificate.sign(forge.pki.privateKeyFromPem(signer), forge.md.sha256.create());
  return { certificate: forge.pki.certificateToPem(certificate).replaceAll("\r\n", "\n"), privateKey };
}

function alternative(address: string): object {
  const [ip, dns] = [7, 2];
  return isIP(address) === 0 ? { type: dns, value: address } : { type: ip, ip: address };
}

const day = (date: Date) => date.toISOString().slice(0, 10);
