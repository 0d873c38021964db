import type { PeerCertificate } from "node:tls";
import { expect, test } from "vitest";
import { whyNotOf } from "../../../hub/tls/identity.ts";

const of = (CN: string | undefined, subjectaltname: string | undefined) =>
  ({ subject: { CN }, subjectaltname }) as unknown as PeerCertificate;

test.each([
  ["pc2", undefined],
  ["x", "IP Address:192.0.2.10, DNS:pc2"],
  [undefined, "DNS:pc2, DNS:hub.example.org"],
])("a certificate of %s with %s is pc2's", (name, alternatives) => {
  expect(whyNotOf("pc2", of(name, alternatives))).toBeUndefined();
});

test.each([
  ["mainpc", undefined],
  [undefined, "DNS:pc2.example.org, IP Address:192.0.2.20"],
  ["x", 'DNS:"foo, DNS:pc2, bar"'],
  ["x", 'DNS:"a\\", DNS:pc2, b"'],
])("a certificate of %s with %s is not", (name, alternatives) => {
  expect(whyNotOf("pc2", of(name, alternatives))).toMatch(/^the certificate is of /);
});
