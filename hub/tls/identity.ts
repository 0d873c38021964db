/** Whose certificate it is: that of the machine that is its common name, or one of its DNS names. */
import type { PeerCertificate } from "node:tls";

/** @returns why it is not this machine's; undefined when it is */
export function whyNotOf(machine: string, { subject, subjectaltname }: PeerCertificate): string | undefined {
  const names = [subject?.CN, ...dnsNames(subjectaltname)].flat().filter((name) => name !== undefined);
  if (names.includes(machine)) return undefined;
  return `the certificate is of ${names[0] ?? "nobody"}, not of ${machine}`;
}

/** @param alternatives @example "IP Address:192.0.2.10, DNS:pc2" */
function dnsNames(alternatives: string | undefined): string[] {
  // A name with a comma or a quote in it is written as JSON, and is no machine's.
  const plain = (alternatives ?? "").replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  return [...plain.matchAll(/(?:^|, )DNS:([\w.-]+)(?=,|$)/g)].flatMap(([, name]) => name ?? []);
}
