/** Whether a certificate leads to a CA that is believed: as Node and OpenSSL do it, who believe no CA that another one has issued. */
import type { X509Certificate } from "node:crypto";

export interface Chain {
  /** What is shown: the certificate itself first. */
  shown: readonly [X509Certificate, ...X509Certificate[]];
  /** What is believed. */
  authorities: readonly X509Certificate[];
}

/** @returns why not; undefined when it does */
export function whyNotLed({ shown, authorities }: Chain): "no root" | "not issued" | undefined {
  const roots = authorities.filter((one) => isOf(one, one));
  if (roots.length === 0) return "no root";
  const [own, ...between] = shown;
  const passed = new Set<X509Certificate>();
  const leads = (one: X509Certificate): boolean => {
    passed.add(one);
    if (roots.some((root) => isOf(one, root))) return true;
    return [...between, ...authorities].some((next) => !passed.has(next) && isOf(one, next) && leads(next));
  };
  return leads(own) ? undefined : "not issued";
}

const isOf = (one: X509Certificate, authority: X509Certificate) =>
  one.checkIssued(authority) && one.verify(authority.publicKey);
