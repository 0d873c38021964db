/** A Machine whose hub speaks TLS: which files it gets, who may read them, and what a renewal touches. */
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { Machine } from "../../components/machine.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { requireFleet } from "../../fleet/load.ts";
import { HubConfig } from "../../hub/config.ts";
import { createAuthority, issueCertificate } from "../../ops/init/certificates.ts";
import { named, type Recorded, recordResources, settled } from "./recorder.ts";
import { sampleBundles } from "./sample-bundles.ts";
import { type SecuredStack, securedStack } from "./secured-stack.ts";

const secured = securedStack("mainpc");
const spoken = (values: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  ...values,
  machine: { ...Object(values.machine), hubTls: true },
  peer: { ...Object(values.peer), hubTls: true },
  ...more,
});

interface Made {
  resources: Recorded[];
  urls: string[];
}

async function made({ values, secrets }: SecuredStack, hubTlsKey?: string): Promise<Made> {
  const resources = await recordResources("mainpc");
  const machine = new Machine("mainpc", {
    site: parseStackConfig(values, "mainpc"),
    fleet: requireFleet(),
    bundles: sampleBundles(),
    secrets: { hubSeed: pulumi.secret(secrets.hubSeed), leafKey: pulumi.secret(secrets.leafKey) },
    hubTlsKey: hubTlsKey === undefined ? undefined : pulumi.secret(hubTlsKey),
  });
  await settled(machine);
  const url = await new Promise<string>((resolve) => machine.hubUrl.apply(resolve));
  return { resources, urls: [url] };
}

const text = ({ resources }: Made, name: string) => {
  const stdin = String(named(resources, `mainpc-${name}-write`).inputs.stdin);
  return stdin.slice(0, stdin.lastIndexOf("== end of"));
};

describe("a machine whose hub speaks TLS", { timeout: 120_000 }, () => {
  let first: Made;
  beforeAll(async () => {
    const prometheus = { enabled: true };
    first = await made({ ...secured, values: spoken(secured.values, { prometheus }) });
  }, 60_000);

  it("gives the hub the certificate of the link, the CA, and a copy of the key that is the hub's alone", () => {
    const { ca, leafCertificate } = Object(secured.values.security);
    expect([text(first, "tls-hub"), text(first, "tls-link"), text(first, "tls-ca")]).toEqual([
      leafCertificate,
      leafCertificate,
      ca,
    ]);
    expect(text(first, "tls-key").trim()).toBe(secured.secrets.leafKey.trim());
    expect(named(first.resources, "mainpc-tls-key-write").secrets).toContain("stdin");
    expect(String(named(first.resources, "mainpc-tls-key-write").inputs.create)).toContain("chown 10900:10900");
    const mount = (source: string, target: string) => ({ type: "bind", source, target, readOnly: true });
    const { mounts } = named(first.resources, "tandem-mainpc-hub").inputs;
    expect(mounts).toContainEqual(mount("/etc/tandem/tls", "/etc/tandem/tls"));
    expect(mounts).toContainEqual(mount("/etc/tandem/secrets/tls", "/etc/tandem/tls-secrets"));
  });

  it("tells the hub where they are, has it ask hubs for their health by TLS, and names its URL so", () => {
    const { tls, linkCertificateFile, agents } = HubConfig.parse(JSON.parse(text(first, "hub-config")));
    expect(tls).toEqual({
      certFile: "/etc/tandem/tls/hub.pem",
      keyFile: "/etc/tandem/tls-secrets/hub.key",
      caFile: "/etc/tandem/tls/ca.pem",
      plain: "here",
    });
    expect(linkCertificateFile).toBe("/etc/tandem/tls/link.pem");
    const hubs = agents.filter(({ isHub }) => isHub).map(({ machine, probe }) => [machine, Object(probe).tls]);
    expect(hubs.toSorted()).toEqual([
      ["mainpc", { caFile: tls?.caFile, machine: "mainpc" }],
      ["pc2", { caFile: tls?.caFile, machine: "pc2" }],
    ]);
    expect(first.urls[0]).toMatch(/^https:\/\/.*:9000$/);
  });

  it("has Prometheus ask the hubs by TLS and the Pushgateways without, by the CA beside its configuration", () => {
    const conf = text(first, "prometheus-conf");
    expect(conf.match(/scheme: https\n\s+tls_config:\n\s+ca_file: hub-ca.pem/g)).toHaveLength(1);
    expect(text(first, "prometheus-hub-ca")).toBe(Object(secured.values.security).ca);
  });

  it("a renewed certificate touches 5 files and replaces no container", async () => {
    const fresh = securedStack("mainpc");
    const { leafCertificate } = Object(fresh.values.security);
    const security = { ...Object(secured.values.security), leafCertificate };
    const values = spoken(secured.values, { security, prometheus: { enabled: true } });
    const after = await made({ values, secrets: { ...secured.secrets, leafKey: fresh.secrets.leafKey } });
    const before = new Map(first.resources.map(({ name, inputs }) => [name, JSON.stringify(inputs)]));
    const changed = after.resources.filter(({ name, inputs }) => before.get(name) !== JSON.stringify(inputs));
    expect(changed.map(({ name }) => name).toSorted()).toEqual([
      "mainpc-nats-leaf-key-write",
      "mainpc-nats-leaf-pem-write",
      "mainpc-tls-hub-write",
      "mainpc-tls-key-write",
      "mainpc-tls-link-write",
    ]);
  });

  it("takes a certificate of one's own CA with its key, and refuses one without", async () => {
    const authority = createAuthority({ name: "own CA", now: new Date() });
    const own = issueCertificate(authority, { machine: "mainpc", address: "192.0.2.10", now: new Date() });
    const hub = { tls: { certificate: own.certificate, ca: authority.certificate } };
    const values = spoken(secured.values, { hub });
    const owned = await made({ ...secured, values }, own.privateKey);
    expect([text(owned, "tls-hub"), text(owned, "tls-ca")]).toEqual([own.certificate, authority.certificate]);
    expect(text(owned, "tls-key").trim()).toBe(own.privateKey.trim());
    await expect(made({ ...secured, values })).rejects.toThrow("the stack has no key of it");
  });

  it("believes a CA that is set without a certificate beside that of the link, and shows the link's", async () => {
    const authority = createAuthority({ name: "own CA", now: new Date() });
    const { ca, leafCertificate } = Object(secured.values.security);
    const hub = { tls: { ca: authority.certificate } };
    const both = await made({ ...secured, values: spoken(secured.values, { hub }) });
    expect(text(both, "tls-hub")).toBe(leafCertificate);
    expect(text(both, "tls-ca").match(/-----BEGIN CERTIFICATE-----/g)).toHaveLength(2);
    for (const one of [ca, authority.certificate]) expect(text(both, "tls-ca")).toContain(one.trim());
  });

  it.each([
    ["peer.hubTls", { peer: { ...Object(secured.values.peer), hubTls: false } }, "machine.hubTls, true"],
    ["hub.tls.certificate", { security: {} }, "since machine.hubTls is set and tandem init has made none"],
    ["hub.tls.ca", { hub: { tls: { certificate: Object(secured.values.security).ca } } }, "the other one of its group"],
    ["hub.tls.plain", { hub: { tls: { plain: "none" } } }, "all or here"],
  ])("a stack is refused for %s", (key, more, why) => {
    const parse = () => parseStackConfig(spoken(secured.values, more), "mainpc");
    expect(parse).toThrow(`tandem:${key} in Pulumi.mainpc.yaml: expected `);
    expect(parse).toThrow(why);
  });
});

it("without machine.hubTls there is no key and no TLS, but the end of the link's certificate is watched", async () => {
  const plain = await made(secured);
  const config = HubConfig.parse(JSON.parse(text(plain, "hub-config")));
  expect([config.tls, config.linkCertificateFile]).toEqual([undefined, "/etc/tandem/tls/link.pem"]);
  expect(plain.resources.filter(({ name }) => /-tls-.*-write$/.test(name)).map(({ name }) => name)).toEqual([
    "mainpc-tls-link-write",
  ]);
  expect(plain.urls[0]).toMatch(/^http:/);
});
