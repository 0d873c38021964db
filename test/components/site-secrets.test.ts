import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import {
  checkSiteSecrets,
  leafCertificateDays,
  readHubTlsKey,
  readSiteSecrets,
} from "../../components/site-secrets.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { OperatorError } from "../../ops/error.ts";
import { createAuthority, issueCertificate } from "../../ops/init/certificates.ts";
import { certificateAuthority } from "../support/tls-files.ts";
import { promised, recordResources, stackValues } from "./recorder.ts";
import { type SecuredStack, securedStack } from "./secured-stack.ts";

const pc2 = securedStack("pc2");
const other = securedStack("pc2");
const site = parseStackConfig(pc2.values, "pc2");

describe("the secrets of a stack", () => {
  it("are outputs that Pulumi keeps secret", async () => {
    const read = await readWith(pc2, ["hubSeed", "leafKey"]);
    expect(await promised(read?.hubSeed ?? never())).toBe(pc2.secrets.hubSeed);
    for (const secret of Object.values(read ?? {})) expect(await pulumi.isSecret(secret)).toBe(true);
  });

  it("are not asked for where the site has no security", async () => {
    await recordResources("pc2");
    expect(readSiteSecrets(parseStackConfig(stackValues("pc2"), "pc2"))).toBeUndefined();
  });

  it("in plain text are refused, with the command that reads them from standard input", async () => {
    const said = await refusal(() => readWith(pc2, ["leafKey"]));
    expect(said).toContain("tandem:hubSeed in Pulumi.pc2.yaml: it stands there in plain text");
    expect(said).toContain("pulumi config set -s pc2 --secret hubSeed < FILE");
  });

  it.each(["hubSeed", "leafKey"] as const)("without %s are refused", async (name) => {
    const { [name]: _, ...rest } = pc2.secrets;
    await recordResources("pc2", rest, Object.keys(rest));
    expect(await refusal(async () => readSiteSecrets(site))).toContain(
      `tandem:${name} in Pulumi.pc2.yaml: it is missing`,
    );
  });

  it.each([
    ["the seed of another key", { hubSeed: other.secrets.hubSeed }, "it is not the seed of tandem:security.hubKey"],
    ["no seed at all", { hubSeed: "hunter2" }, "it is not the seed of tandem:security.hubKey"],
    ["the key of another certificate", { leafKey: other.secrets.leafKey }, "it is not the private key of"],
    ["no private key at all", { leafKey: "hunter2" }, "it is not the private key of"],
  ])("%s is refused without being repeated", async (_, wrong, why) => {
    const said = await refusal(async () => checkSiteSecrets(site, { ...pc2.secrets, ...wrong }));
    expect(said).toContain(why);
    for (const secret of Object.values(wrong)) expect(said).not.toContain(secret.slice(0, 7));
  });

  it("a certificate for the other machine is refused, since its name is who dials", async () => {
    const mainpc = securedStack("mainpc");
    const { security } = parseStackConfig(mainpc.values, "mainpc");
    const mixed = { ...site, security: { ...site.security, leafCertificate: security.leafCertificate } };
    const said = await refusal(async () =>
      checkSiteSecrets(mixed, { ...pc2.secrets, leafKey: mainpc.secrets.leafKey }),
    );
    expect(said).toContain("it is for CN=mainpc, not for CN=pc2");
  });

  it("belong to either of two CAs while one takes the other's place", () => {
    const { ca } = site.security;
    const stranger = createAuthority({ name: "another CA", now: new Date() }).certificate;
    for (const both of [`${stranger.trimEnd()}\n${ca}`, `${ca.trimEnd()}\n${stranger}`])
      expect(() => checkSiteSecrets({ ...site, security: { ...site.security, ca: both } }, pc2.secrets)).not.toThrow();
    const foreign = { ...site, security: { ...site.security, ca: stranger } };
    expect(() => checkSiteSecrets(foreign, pc2.secrets)).toThrow(/has not issued it/);
  });

  it("a certificate of 30 days has 29 days and some hours left", () => {
    const short = parseStackConfig(securedStack("pc2", { validDays: 30 }).values, "pc2");
    expect(leafCertificateDays(short, new Date())).toBe(29);
  });
});

describe("the security group", () => {
  it("is wanted whole or not at all", async () => {
    const values = { ...pc2.values, security: { ...Object(pc2.values.security), ca: "" } };
    const said = await refusal(async () => parseStackConfig(values, "pc2"));
    expect(said).toContain(
      "tandem:security.ca in Pulumi.pc2.yaml: expected a value, since others of its group have one",
    );
  });

  it("with a seed in place of a public key is refused without the seed being repeated", async () => {
    const values = { ...pc2.values, security: { ...Object(pc2.values.security), hubKey: pc2.secrets.hubSeed } };
    const said = await refusal(async () => parseStackConfig(values, "pc2"));
    expect(said).toContain("tandem:security.hubKey in Pulumi.pc2.yaml: expected a public NKey");
    expect(said).not.toContain(pc2.secrets.hubSeed.slice(0, 7));
  });
});

it("a hub's certificate of one's own CA is refused where the CA is none that Node believes, or has not issued it", async () => {
  const root = certificateAuthority("root");
  const between = certificateAuthority("between", root);
  const own = issueCertificate(between, { machine: "pc2", address: "192.0.2.20", now: new Date() });
  const read = async (ca: string) => {
    await recordResources("pc2", { hubTlsKey: own.privateKey }, ["hubTlsKey"]);
    const tls = { ...site.hub.tls, certificate: own.certificate + between.certificate, ca };
    return readHubTlsKey({ ...site, machine: { ...site.machine, hubTls: true }, hub: { ...site.hub, tls } });
  };
  expect(await refusal(() => read(root.certificate))).toBe("accepted");
  const said = await refusal(() => read(between.certificate));
  expect(said).toContain("tandem:hub.tls.ca in Pulumi.pc2.yaml: it holds no CA that has issued itself");
  expect(said).toContain("Set hub.tls.ca to the root");
  expect(await refusal(() => read(certificateAuthority("other").certificate))).toContain(
    "tandem:hub.tls.certificate in Pulumi.pc2.yaml: the CA of tandem:hub.tls.ca has not issued it",
  );
});

async function readWith({ secrets }: SecuredStack, encrypted: string[]) {
  await recordResources("pc2", secrets, encrypted);
  return readSiteSecrets(site);
}

async function refusal(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof OperatorError) return error.toText();
    throw error;
  }
  return "accepted";
}

function never(): never {
  throw new Error("no secrets were read");
}
