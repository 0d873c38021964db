/** Certificate, key and CA of files that may be replaced at any time; what cannot be used leaves the ones before in use. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { messageOf } from "../io/log.ts";
import { whyNotLed } from "./chain.ts";
import type { TlsConfig } from "./config.ts";
import { whyNotOf } from "./identity.ts";
import { certificateBlocks } from "./pem.ts";

/** What belongs together, as it was read. */
export interface Material {
  cert: string;
  key: string;
  ca: string;
  /** From when and until when the certificate is valid, wall ms. */
  beginsAtMs: number;
  endsAtMs: number;
}

type Files = Pick<TlsConfig, "certFile" | "keyFile" | "caFile">;

export class TlsFiles {
  readonly #files: Files;
  readonly #machine: string;
  #seen = "";
  #material: Material | undefined;
  #complaint: string | undefined;

  /** @param machine whose certificate it is to be */
  constructor({ certFile, keyFile, caFile }: Files, machine: string) {
    this.#files = { certFile, keyFile, caFile };
    this.#machine = machine;
  }

  /** What is in use; undefined when there never was anything of use. */
  get material(): Material | undefined {
    return this.#material;
  }

  /** Why what the files hold now is not in use; undefined when it is. */
  get complaint(): string | undefined {
    return this.#complaint;
  }

  /** @returns whether something else is in use now, or cannot be used for another reason */
  look(): boolean {
    const before = this.#complaint;
    try {
      const now = Object.values(this.#files).map(stampOf).join("\n");
      if (now === this.#seen) return false;
      const material = materialOf(this.#files, this.#machine);
      const nowMs = Date.now();
      if (material.endsAtMs < nowMs && material.endsAtMs < (this.#material?.endsAtMs ?? 0))
        throw new Error(`${this.#files.certFile} has ended, and the one before it ends later`);
      // Looked at again until it is valid: nobody would believe it sooner.
      if (material.beginsAtMs > nowMs && nowMs < (this.#material?.endsAtMs ?? 0))
        throw new Error(`${this.#files.certFile} is not valid before ${new Date(material.beginsAtMs).toISOString()}`);
      this.#material = material;
      this.#seen = now;
      this.#complaint = undefined;
      return true;
    } catch (error) {
      this.#seen = "";
      this.#complaint = messageOf(error);
      return this.#complaint !== before;
    }
  }
}

function stampOf(path: string): string {
  const { mtimeMs, ctimeMs, size, ino } = statSync(path);
  return [mtimeMs, ctimeMs, size, ino].join(" ");
}

/** @throws Error that names the file and never what a key is */
function materialOf({ certFile, keyFile, caFile }: Files, machine: string): Material {
  const [cert = "", key = "", ca = ""] = [certFile, keyFile, caFile].map((path) => readFileSync(path, "utf8"));
  const shown = certificatesIn(certFile, cert);
  const authorities = certificatesIn(caFile, ca);
  const [own] = shown;
  if (!own.checkPrivateKey(privateKeyIn(keyFile, key)))
    throw new Error(`${keyFile} is not the private key of ${certFile}`);
  // The peer would believe it as little.
  const notLed = whyNotLed({ shown, authorities });
  if (notLed === "no root")
    throw new Error(`${caFile} holds no CA that has issued itself, and none that another CA has issued is believed`);
  if (notLed === "not issued") throw new Error(`the CA of ${caFile} has not issued ${certFile}`);
  const why = whyNotOf(machine, own.toLegacyObject());
  if (why !== undefined) throw new Error(`${certFile}: ${why}`);
  // Says what else OpenSSL has against them, such as a key that is too short.
  createSecureContext({ cert, key, ca });
  return { cert, key, ca, beginsAtMs: Date.parse(own.validFrom), endsAtMs: Date.parse(own.validTo) };
}

/** The first is that of whoever shows them. @throws Error when there is none */
export function certificatesIn(path: string, pem: string): [X509Certificate, ...X509Certificate[]] {
  const [first = pem, ...rest] = certificateBlocks(pem);
  try {
    return [new X509Certificate(first), ...rest.map((one) => new X509Certificate(one))];
  } catch {
    throw new Error(`${path} holds no certificate in PEM`);
  }
}

function privateKeyIn(path: string, pem: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error(`${path} holds no private key in PEM`);
  }
}
