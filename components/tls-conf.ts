/** Turns what a stack says of TLS into the hub's own words: which files it reads, and by which CA its hubs are known. */
import type { HubConfigInput } from "../hub/config.ts";
import type { Refuse } from "./site/common-checks.ts";
import type { Site } from "./site.ts";

type Said = Pick<Site, "machine" | "peer" | "hub" | "security">;

/** Directories in the hub's container: of certificates, and of the key. */
export const tlsTarget = "/etc/tandem/tls";
export const tlsSecretTarget = "/etc/tandem/tls-secrets";
export const hubCertificateFile = "hub.pem";
export const hubCaFile = "ca.pem";
export const linkCertificateFile = "link.pem";
export const hubKeyFile = "hub.key";

/** Public ones, by the files' names; none for a site without keys. */
export function tlsFiles(site: Said): Record<string, string> {
  const { leafCertificate } = site.security;
  return {
    ...(site.machine.hubTls ? { [hubCertificateFile]: hubCertificateOf(site), [hubCaFile]: hubCaOf(site) } : {}),
    ...(leafCertificate === "" ? {} : { [linkCertificateFile]: leafCertificate }),
  };
}

export function tlsConf(site: Said): Pick<HubConfigInput, "tls" | "linkCertificateFile"> {
  const { machine, hub, security } = site;
  const tls = {
    certFile: `${tlsTarget}/${hubCertificateFile}`,
    keyFile: `${tlsSecretTarget}/${hubKeyFile}`,
    caFile: `${tlsTarget}/${hubCaFile}`,
    plain: hub.tls.plain,
  };
  return {
    ...(machine.hubTls ? { tls } : {}),
    ...(security.leafCertificate === "" ? {} : { linkCertificateFile: `${tlsTarget}/${linkCertificateFile}` }),
  };
}

/** PEM of the CA of both hubs; empty where there is no TLS. */
export function hubCaOf({ machine, hub, security }: Said): string {
  return machine.hubTls ? trustedBy(hub.tls, security.ca) : "";
}

/** With a certificate of another CA, that one alone; else that of the link, and beside it one that is to follow or was before. */
export function trustedBy({ certificate, ca }: { certificate: string; ca: string }, linkCa: string): string {
  if (certificate !== "") return ca;
  return [linkCa, ca].filter((pem) => pem !== "").join("\n");
}

/** Those of which a hub of this site may show a certificate still, which nobody but a command that brings another one need believe. */
export const casBesides = ({ hub, security }: Pick<Site, "hub" | "security">): string[] => [hub.tls.ca, security.ca];

/** Whether the hub has a certificate of its own, not that for the link. */
export const hasOwnCertificate = ({ hub }: Pick<Site, "hub">): boolean => hub.tls.certificate !== "";

const hubCertificateOf = ({ hub, security }: Said) => hub.tls.certificate || security.leafCertificate;

/** Hubs that speak differently would not hear each other by HTTP. */
export function checkTls({ machine, peer, hub, security }: Said, refuse: Refuse): void {
  if (machine.hubTls !== peer.hubTls)
    refuse("peer.hubTls", `machine.hubTls, ${machine.hubTls}, since the hubs ask each other by it`);
  const { certificate, ca } = hub.tls;
  if (certificate !== "" && ca === "") refuse("hub.tls.ca", "a value, since the other one of its group has one");
  if (machine.hubTls && certificate === "" && security.leafCertificate === "")
    refuse("hub.tls.certificate", "a certificate, since machine.hubTls is set and tandem init has made none");
}
