/** The operator's own folder outside the repository: seeds of people and agents, and the CA's key, encrypted. */
import { createPrivateKey } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { writeDurablySync } from "../../hub/io/write-durably.ts";
import { OperatorError } from "../error.ts";
import type { Issued } from "./certificates.ts";

const keyName = "ca.key";
const certificateName = "ca.pem";

/** @example "/home/ops/.config/tandem/tandem" */
export function keepFolder(project: string): string {
  return join(process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "tandem", project);
}

/** Files of 0600 in a folder of 0700, each whole or as it was. */
export function keep(folder: string, files: Record<string, string>): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  for (const [name, text] of Object.entries(files)) {
    writeDurablySync(join(folder, name), Buffer.from(text.endsWith("\n") ? text : `${text}\n`));
  }
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
