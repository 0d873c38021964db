/** The operator's own folder outside the repository: seeds of people and agents, and the CA's key, encrypted. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { nkeys } from "nats";
import { messageOf } from "../../hub/io/log.ts";
import { writeDurablySync } from "../../hub/io/write-durably.ts";
import { certificateBlocks } from "../../hub/tls/pem.ts";
import { OperatorError } from "../error.ts";
import type { Issued } from "./certificates.ts";

const keyName = "ca.key";
const certificateName = "ca.pem";
const operatorName = "operator.seed";
/** More than the files of any site take, a block each. */
const neededBytes = 1024 * 1024;

/** @example "/home/ops/.config/tandem/tandem" */
export function keepFolder(project: string): string {
  const named = process.env.XDG_CONFIG_HOME ?? "";
  // An empty or relative one counts as none, as XDG has it: the seeds would lie in the repository.
  return join(isAbsolute(named) ? named : join(homedir(), ".config"), "tandem", project);
}

/** Before anything is replaced whose keys could then not be kept. @throws OperatorError when the folder takes no files */
export function requireKeepable(folder: string): void {
  const probe = join(folder, `.probe-${process.pid}`);
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      writeFileSync(probe, Buffer.alloc(neededBytes), { mode: 0o600 });
    } finally {
      // Whoever ends the command early finds all as it was.
      rmSync(made ?? probe, { recursive: true, force: true });
    }
  } catch (error) {
    throw new OperatorError(
      "init.keep",
      `The site's keys cannot be kept in ${folder}: ${messageOf(error)}`,
      "Make it writable, or name another folder: XDG_CONFIG_HOME=FOLDER. Nothing was written",
    );
  }
}

/** Files of 0600 in a folder of 0700, each whole or as it was. */
export function keep(folder: string, files: Record<string, string>): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  for (const [name, text] of Object.entries(files)) {
    writeDurablySync(join(folder, name), Buffer.from(text.endsWith("\n") ? text : `${text}\n`));
  }
}

/** Names of the seeds and of the CA's files that lie there, of whichever site. */
export function keptNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap(({ name }) => (/\.seed$|^ca\.(key|pem)$/.test(name) ? [name] : [])).toSorted();
}

/** Copies what lies there, before another site's takes its place, into a folder beside it. @returns that; undefined when nothing does */
export function copyAside(folder: string, now: Date): string | undefined {
  const names = keptNames(folder);
  if (names.length === 0) return undefined;
  // Colons are no part of a file's name everywhere.
  const aside = join(folder, `before-${now.toISOString().replaceAll(":", "")}`);
  keep(aside, Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")])));
  return aside;
}

/** Keeps a site's files, and takes away those of the site before that have no successor, once they were copied aside. */
export function keepInstead(folder: string, files: Record<string, string>): void {
  keep(folder, files);
  for (const name of keptNames(folder)) if (!(name in files)) rmSync(join(folder, name));
}

/** What stacks say of whose the kept files are. */
export interface KnownHalves {
  /** PEM of one or several certificates. */
  ca: string;
  operatorKey?: string | undefined;
}

/** Whether the kept CA is one that the stacks trust. */
export function isAuthorityOf(folder: string, { ca }: KnownHalves): boolean {
  const path = join(folder, certificateName);
  const [kept] = existsSync(path) ? fingerprintsOf(readFileSync(path, "utf8")) : [];
  return kept !== undefined && fingerprintsOf(ca).includes(kept);
}

/** Whether the operator's seed that lies there is not the stacks' own; none is nobody's. */
export function isOperatorOfAnother(folder: string, { operatorKey = "" }: KnownHalves): boolean {
  const path = join(folder, operatorName);
  if (operatorKey === "" || !existsSync(path)) return false;
  try {
    return nkeys.fromSeed(Buffer.from(readFileSync(path, "utf8").trim())).getPublicKey() !== operatorKey;
  } catch {
    return true;
  }
}

function fingerprintsOf(pem: string): string[] {
  return certificateBlocks(pem).flatMap((block) => {
    try {
      return [new X509Certificate(block).fingerprint256];
    } catch {
      return [];
    }
  });
}

/** The CA for a later renewal; nobody without the passphrase can issue a certificate with it. */
export function authorityFiles({ certificate, privateKey }: Issued, passphrase: string): Record<string, string> {
  const encrypted = createPrivateKey(privateKey).export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase,
  });
  return { [certificateName]: certificate, [keyName]: encrypted.toString() };
}

export function hasAuthority(folder: string): boolean {
  return existsSync(join(folder, keyName));
}

export function openAuthority(folder: string, passphrase: string): Issued {
  const path = join(folder, keyName);
  const certificate = readFileSync(join(folder, certificateName), "utf8");
  try {
    const key = createPrivateKey({ key: readFileSync(path, "utf8"), passphrase });
    return { certificate, privateKey: key.export({ type: "pkcs8", format: "pem" }).toString() };
  } catch {
    throw new OperatorError(
      "init.ca-passphrase",
      `The passphrase does not open ${path}`,
      "Try again, or move the file away: then a new CA is made, and the link is down until both machines are up again",
    );
  }
}
