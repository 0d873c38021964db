import { expect, it } from "vitest";
import { hubTuning } from "../../components/hub-tuning.ts";
import { Machine } from "../../components/machine.ts";
import type { Site } from "../../components/site.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { HubConfig } from "../../hub/config.ts";
import { named, recordResources, settled, stackValues } from "./recorder.ts";
import { sampleBundles } from "./sample-bundles.ts";

const url = "https://metrics.example.org/api/v1/write";
const remoteWrite = {
  everySeconds: "30",
  queueMb: "64",
  externalLabels: [{ name: "site", value: "home" }],
  targets: [
    { name: "long-term", url, bearerSecret: "store-token", caSecret: "store-ca", headers: { "X-Scope-OrgID": "home" } },
    { name: "second", url, user: "tandem", passwordSecret: "store-password", timeoutMs: 5_000 },
  ],
};
const secrets = {
  "store-token": "tk_0123456789",
  "store-ca": "-----BEGIN CERTIFICATE-----",
  "store-password": "correct horse 0123",
};

const siteOf = (value: unknown): Site => parseStackConfig({ ...stackValues("pc2"), remoteWrite: value }, "pc2");

async function made(site: Site, given: Record<string, string>) {
  const recorded = await recordResources("pc2");
  const fleet = { inventories: [], batches: [], agents: [] };
  const machine = new Machine("pc2", { site, fleet, bundles: sampleBundles(), remoteWriteSecrets: given });
  await settled(machine);
  return recorded;
}

it("what a stack says of targets is what its hub reads, each secret as a file in a directory of the hub's alone", () => {
  const parsed = HubConfig.shape.remoteWrite.parse(hubTuning(siteOf(remoteWrite)).remoteWrite);
  const at = (name: string) => `/etc/tandem/remote-write-secrets/${name}`;
  expect(parsed).toEqual({
    everyMs: 30_000,
    maxBytes: 64 * 1024 ** 2,
    externalLabels: { site: "home" },
    targets: [
      {
        name: "long-term",
        url,
        bearerFile: at("store-token"),
        caFile: at("store-ca"),
        headers: { "X-Scope-OrgID": "home" },
        timeoutMs: 10_000,
      },
      { name: "second", url, user: "tandem", passwordFile: at("store-password"), timeoutMs: 5_000 },
    ],
  });
  expect(hubTuning(siteOf({}))).not.toHaveProperty("remoteWrite");
});

it("each secret reaches the machine by encrypted standard input, and stands nowhere else", async () => {
  const recorded = await made(siteOf(remoteWrite), secrets);
  for (const [name, value] of Object.entries(secrets)) {
    const holders = recorded.filter(({ inputs }) => JSON.stringify(inputs).includes(value));
    expect(holders.map((each) => each.name)).toEqual([`pc2-remote-write-${name}-write`]);
    expect(holders[0]?.secrets).toContain("stdin");
    expect(JSON.stringify(holders[0]?.inputs.create)).not.toContain(value);
  }
  expect(named(recorded, "tandem-pc2-hub").inputs.mounts).toContainEqual({
    type: "bind",
    source: "/etc/tandem/secrets/remote-write",
    target: "/etc/tandem/remote-write-secrets",
    readOnly: true,
  });
});

it("a secret that the stack does not have is named with how to set it, before the hub is made", async () => {
  await expect(made(siteOf(remoteWrite), { ...secrets, "store-ca": undefined as never })).rejects.toThrow(
    "remoteWrite of pc2 name the secret store-ca, but the stack has none of this name",
  );
});

it("what a target may not have, or needs, is refused by its key", () => {
  const refused = (target: object) => () => siteOf({ targets: [{ name: "store", url, ...target }] });
  expect(refused({ user: "tandem" })).toThrow(/remoteWrite\.targets\[0\].*user with passwordSecret/);
  expect(refused({ user: "a", passwordSecret: "b", bearerSecret: "c" })).toThrow(/either user with passwordSecret/);
  expect(refused({ url: "https://me:secret@store/write" })).toThrow(
    /remoteWrite\.targets\[0\]\.url.*no user in the URL/,
  );
  expect(refused({ url: "ftp://store/write" })).toThrow(/remoteWrite\.targets\[0\]\.url/);
  expect(refused({ url: "https://me:hunter2@store/write" })).not.toThrow(/hunter2/);
});
