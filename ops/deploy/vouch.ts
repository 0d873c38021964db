/**
 * Decides whether a program that a machine has kept may be run on the operator's computer: somebody other than that machine must vouch for
 * its very bytes, since whoever is root there can put another one in its place. Pure.
 */
import { createHash } from "node:crypto";

/** What somebody other than the machine itself says of its program. */
export interface Voucher {
  /** @example "mainpc" */
  name: string;
  /** SHA-256 that was noted when it was stored; undefined where there is no note. */
  noted: string | undefined;
  /** SHA-256 of the voucher's own program of the same deployment. As a rule it is the same one, but it may rightly differ. */
  own?: string | undefined;
}

export type Verdict =
  | { kind: "vouched" }
  /** By those who noted another one, however many noted this one. */
  | { kind: "contradicted"; by: string[] }
  | { kind: "unvouched" };

/** @param digest of what the machine gave */
export function vouchedFor(digest: string, vouchers: readonly Voucher[]): Verdict {
  const against = vouchers.filter(({ noted }) => noted !== undefined && noted !== digest);
  if (against.length > 0) return { kind: "contradicted", by: against.map(({ name }) => name) };
  return { kind: vouchers.some(({ noted, own }) => noted === digest || own === digest) ? "vouched" : "unvouched" };
}

export const digestOf = (program: Buffer): string => createHash("sha256").update(program).digest("hex");
