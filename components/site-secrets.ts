/** The secrets of a stack: kept apart from Site, so that none is ever plain text on its way to a resource. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { nkeys } from "nats";
import { whyNotLed } from "../hub/tls/chain.ts";
import { whyNotOf } from "../hub/tls/identity.ts";
import { certificateBlocks } from "../hub/tls/pem.ts";
import { OperatorError } from "../ops/error.ts";
import {
  grafanaPasswordKey,
  hubTlsKeyKey,
  type Site,
  type SiteSecretName,
  type StackSite,
  type singleSecretKeys,
  siteSecretNames,
} from "./site.ts";

export type SiteSecrets = Record<SiteSecretName, pulumi.Output<string>>;

/** Undefined for a site without `security`, which asks nobody who they are. */
export function readSiteSecrets(site: Site): SiteSecrets | undefined {
  if (site.security.hubKey === "") return undefined;
  const config = new pulumi.Config();
  const plain = Object.fromEntries(siteSecretNames.map((name) => [name, config.get(name) ?? ""]));
  for (const name of siteSecretNames) {
    if (plain[name] === "") throw refusal(name, "it is missing, but tandem:security is set");
    if (!isSecret(`${config.name}:${name}`)) {
      throw refusal(name, "it stands there in plain text, for everybody with the file to read", "take a new one and ");
    }
  }
  checkSiteSecrets(site, { hubSeed: plain.hubSeed ?? "", leafKey: plain.leafKey ?? "" });
  return { hubSeed: config.requireSecret("hubSeed"), leafKey: config.requireSecret("leafKey") };
}

/** Undefined for a site without Grafana. */
export function readGrafanaPassword(site: Pick<StackSite, "grafana">): pulumi.Output<string> | undefined {
  return site.grafana.enabled ? requireSecret(grafanaPasswordKey, "grafana.enabled") : undefined;
}

/** Undefined for a site whose hub has no certificate of its own. */
export function readHubTlsKey({ hub, machine }: Site): pulumi.Output<string> | undefined {
  const { certificate, ca } = hub.tls;
  if (certificate === "" || !machine.hubTls) return undefined;
  const key = requireSecret(hubTlsKeyKey, "hub.tls.certificate");
  const shown = certificatesOf("hub.tls.certificate", certificate);
  const [own] = shown;
  const why = whyNotOf(machine.name, own.toLegacyObject());
  if (why !== undefined) throw refusal(hubTlsKeyKey, `${why}, by whose name the peer's hub knows this one`);
  if (!fits(own, new pulumi.Config().get(hubTlsKeyKey) ?? ""))
    throw refusal(hubTlsKeyKey, "it is not the private key of tandem:hub.tls.certificate");
  const notLed = whyNotLed({ shown, authorities: certificatesOf("hub.tls.ca", ca) });
  if (notLed === "no root")
    throw ofOwnCa(
      "hub.tls.ca",
      "it holds no CA that has issued itself, and none that another CA has issued is believed",
    );
  if (notLed === "not issued") throw ofOwnCa("hub.tls.certificate", "the CA of tandem:hub.tls.ca has not issued it");
  return key;
}

function ofOwnCa(key: string, what: string): OperatorError {
  const stack = pulumi.getStack();
  return new OperatorError(
    "config.certificate",
    `tandem:${key} in Pulumi.${stack}.yaml: ${what}`,
    "Set hub.tls.ca to the root, and hub.tls.certificate to the certificate with the CAs between behind it (docs/access.md, A certificate of one's own CA)",
  );
}

/** @param needs the key because of which it is asked for */
export function requireSecret(name: (typeof singleSecretKeys)[number], needs: string): pulumi.Output<string> {
  const config = new pulumi.Config();
  if ((config.get(name) ?? "") === "") throw refusal(name, `it is missing, but tandem:${needs} is set`);
  if (!isSecret(`${config.name}:${name}`))
    throw refusal(name, "it stands there in plain text, for everybody with the file to read", "take a new one and ");
  return config.requireSecret(name);
}

/** Refuses secrets that do not belong to the public halves beside them. Never says what a secret is. */
export function checkSiteSecrets(site: Site, secrets: Record<SiteSecretName, string>): void {
  const { hubKey, ca, leafCertificate } = site.security;
  if (publicKeyOf(secrets.hubSeed) !== hubKey) {
    throw refusal("hubSeed", "it is not the seed of tandem:security.hubKey");
  }
  const certificate = certificateOf("security.leafCertificate", leafCertificate);
  const authorities = certificatesOf("security.ca", ca);
  if (!fits(certificate, secrets.leafKey)) {
    throw refusal("leafKey", "it is not the private key of tandem:security.leafCertificate");
  }
  const isOf = (authority: X509Certificate) =>
    certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  if (!authorities.some(isOf)) {
    throw renew("security.leafCertificate", "the CA of tandem:security.ca has not issued it");
  }
  // The other machine's server takes this name for who dials.
  if (certificate.subject !== `CN=${site.machine.name}`) {
    throw renew("security.leafCertificate", `it is for ${certificate.subject}, not for CN=${site.machine.name}`);
  }
}

/** Days until the certificate of the link is refused; negative when it is already. */
export function leafCertificateDays(site: Site, now: Date): number {
  const { validTo } = certificateOf("security.leafCertificate", site.security.leafCertificate);
  return Math.floor((Date.parse(validTo) - now.getTime()) / 86_400_000);
}

function publicKeyOf(seed: string): string | undefined {
  try {
    return nkeys.fromSeed(Buffer.from(seed.trim())).getPublicKey();
  } catch {
    return undefined;
  }
}

/** Of CAs two while one takes the other's place; of a certificate it and what leads to its CA. */
function certificatesOf(key: string, pem: string): [X509Certificate, ...X509Certificate[]] {
  const [first = pem, ...rest] = certificateBlocks(pem);
  return [certificateOf(key, first), ...rest.map((one) => certificateOf(key, one))];
}

function certificateOf(key: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw renew(key, "it is no certificate in PEM");
  }
}

function fits(certificate: X509Certificate, privateKey: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    return false;
  }
}

function renew(key: string, what: string): OperatorError {
  const file = `Pulumi.${pulumi.getStack()}.yaml`;
  return new OperatorError(
    "config.certificate",
    `tandem:${key} in ${file}: ${what}`,
    "Renew both certificates: npm run tandem -- init --renew-certificates",
  );
}

/** Never says what the secret is. @param first what is to be done before a new one is set */
export function refusal(name: (typeof singleSecretKeys)[number], what: string, first = ""): OperatorError {
  const stack = pulumi.getStack();
  return new OperatorError(
    "config.secret",
    `tandem:${name} in Pulumi.${stack}.yaml: ${what}`,
    `${first}set it through standard input: pulumi config set -s ${stack} --secret ${name} < FILE (docs/pulumi.md, Security)`,
  );
}

/** The SDK knows which keys were encrypted, or hold what was, but does not declare that it does. */
export function isSecret(key: string): boolean {
  const ask: unknown = Reflect.get(pulumi.runtime, "isConfigSecret");
  return typeof ask === "function" && ask(key) === true;
}
