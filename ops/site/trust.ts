/** Has this thread believe servers whose certificate is of a CA of the site, beside those that it believes anyway. */
import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { certificatesIn } from "../../hub/tls/tls-files.ts";
import { OperatorError } from "../error.ts";

const trusted = new Set<string>();

/** @param pem of one or several; empty for none */
export function trust(pem: string): void {
  if (pem.trim() === "" || trusted.has(pem)) return;
  setDefaultCACertificates([...getCACertificates("default"), ...certificatesIn("the CA", pem).map(String)]);
  trusted.add(pem);
}

/** As `trust`, of one that nothing need be believed by yet: what is no certificate is passed over. */
export function trustIfAny(pem: string): void {
  try {
    trust(pem);
  } catch {
    // Whoever shows a certificate of it is refused, with the reason.
  }
}

/** In PEM, to be told to other threads. */
export const trustedCas = (): string[] => [...trusted];

/** That of a hub that stands in no stack here, as the environment names it. @throws OperatorError when it is no certificate */
export function trustNamedCa(path = process.env.TANDEM_CA_FILE ?? ""): void {
  if (path === "") return;
  try {
    const pem = readFileSync(path, "utf8");
    certificatesIn(path, pem);
    trust(pem);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OperatorError("ca.unreadable", `TANDEM_CA_FILE: ${why}`, "Name a file with the CA's certificate in PEM");
  }
}
