import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { createAuthority, type Issued, issueCertificate, serialNumber } from "../../../ops/init/certificates.ts";

const now = new Date("2026-03-01T00:00:00Z");
let authority: Issued;
beforeAll(() => {
  authority = createAuthority({ name: "tandem CA", now });
});
const issue = (address: string, validDays?: number) =>
  issueCertificate(authority, { machine: "mainpc", address, now, validDays });

describe("a machine's certificate", () => {
  it("is signed by the CA, names the machine's address and no other, and fits its key", () => {
    const { certificate, privateKey } = issue("192.0.2.10");
    const read = new X509Certificate(certificate);
    const ca = new X509Certificate(authority.certificate);
    expect(read.verify(ca.publicKey)).toBe(true);
    expect(read.checkIssued(ca)).toBe(true);
    expect(read.checkIP("192.0.2.10")).toBe("192.0.2.10");
    expect(read.checkIP("192.0.2.20")).toBeUndefined();
    expect(privateKey).toContain("BEGIN PRIVATE KEY");
    expect(read.toLegacyObject().bits).toBe(3072);
    expect([ca.ca, read.ca]).toEqual([true, false]);
  });

  it("takes IPv6 addresses and host names", () => {
    expect(new X509Certificate(issue("2001:db8::10").certificate).checkIP("2001:db8::10")).toBe("2001:db8::10");
    expect(new X509Certificate(issue("mainpc.lan").certificate).checkHost("mainpc.lan")).toBe("mainpc.lan");
  });

  it("is valid for 825 days unless told otherwise", () => {
    const { validTo } = new X509Certificate(issue("192.0.2.10").certificate);
    expect(Date.parse(validTo) - now.getTime()).toBe(825 * 86_400_000);
    const short = new X509Certificate(issue("192.0.2.10", 30).certificate);
    expect(Date.parse(short.validTo) - now.getTime()).toBe(30 * 86_400_000);
  });

  it("is not issued beyond the 3650 days of its CA", () => {
    expect(() => issue("192.0.2.10", 3_651)).toThrow("2036-02-27");
  });
});

it.each([0x00, 0x01, 0x7f, 0x80, 0xff])(
  "a serial number that chance begins with byte %i is positive and without a leading zero",
  (first) => {
    const number = serialNumber(Buffer.concat([Buffer.from([first]), Buffer.alloc(15, 0xab)]));
    expect(number).toMatch(/^[4-7][0-9a-f]{31}$/);
  },
);
