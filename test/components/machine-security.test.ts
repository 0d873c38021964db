/** A Machine with keys and certificates: where each lies, who may read it, and what a rotation touches. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { Machine } from "../../components/machine.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { HubConfig } from "../../hub/config.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { named, type Recorded, recordResources, settled } from "./recorder.ts";
import { sampleBundles } from "./sample-bundles.ts";
import { type SecuredStack, securedStack } from "./secured-stack.ts";

const stacks = { mainpc: securedStack("mainpc", { agents: true }), pc2: securedStack("pc2") };
const recorded: Record<string, Recorded[]> = {};
beforeAll(async () => {
  for (const [stack, secured] of Object.entries(stacks)) recorded[stack] = await made(stack, secured);
});

describe.each(["mainpc", "pc2"] as const)("the secured machine %s", (stack) => {
  const of = (name: string) => named(recorded[stack] ?? [], `${stack}-${name}`);
  const text = (name: string) => {
    const stdin = String(of(`${name}-write`).inputs.stdin);
    return stdin.slice(0, stdin.lastIndexOf("== end of"));
  };

  it("writes both secrets by encrypted standard input, and neither stands anywhere else", () => {
    const { hubSeed, leafKey } = stacks[stack].secrets;
    for (const { name, inputs, secrets } of recorded[stack] ?? []) {
      for (const secret of [hubSeed, leafKey.split("\n")[1] ?? ""]) {
        if (!JSON.stringify(inputs).includes(secret)) continue;
        expect([`${stack}-hub-nats-seed-write`, `${stack}-nats-leaf-key-write`]).toContain(name);
        expect(secrets).toContain("stdin");
        expect(JSON.stringify({ ...inputs, stdin: "" })).not.toContain(secret);
      }
    }
    expect(text("hub-nats-seed").trim()).toBe(hubSeed);
    expect(text("nats-leaf-key").trim()).toBe(leafKey.trim());
  });

  it("mounts each secret for its one reader, read-only, and owned by that container's user", () => {
    const mount = (source: string, target: string) => ({ type: "bind", source, target, readOnly: true });
    expect(named(recorded[stack] ?? [], `tandem-${stack}-hub`).inputs.mounts).toContainEqual(
      mount("/etc/tandem/secrets/hub", "/etc/tandem/hub-secrets"),
    );
    expect(of("nats-container").inputs.mounts).toContainEqual(
      mount("/etc/tandem/secrets/nats", "/etc/tandem/nats-secrets"),
    );
    expect(JSON.stringify(of("pushgateway-container").inputs)).not.toContain("secrets");
    expect(String(of("hub-nats-seed-write").inputs.create)).toContain("chown 10900:10900");
    expect(String(of("nats-leaf-key-write").inputs.create)).toContain("chown 10422:10422");
  });

  it("tells the hub where its seed lies in the container", () => {
    const { nats } = HubConfig.parse(JSON.parse(text("hub-config")));
    expect(nats.nkeySeedFile).toBe("/etc/tandem/hub-secrets/nats.seed");
  });

  it("writes files that nats-server -t accepts where they are mounted", async () => {
    const natsServer = await ensureTool("nats-server", () => {});
    const folder = mkdtempSync(join(tmpdir(), "tandem-secured-machine-"));
    try {
      for (const target of ["nats", "nats-secrets"]) mkdirSync(join(folder, target));
      const here = (conf: string) => conf.replaceAll("/etc/tandem/", `${folder}/`).replaceAll('"/data"', `"${folder}"`);
      writeFileSync(join(folder, "nats/nats.conf"), here(text("nats-conf")));
      writeFileSync(join(folder, "nats/accounts.conf"), text("nats-accounts-conf"));
      writeFileSync(join(folder, "nats/ca.pem"), text("nats-ca-pem"));
      writeFileSync(join(folder, "nats/leaf.pem"), text("nats-leaf-pem"));
      writeFileSync(join(folder, "nats-secrets/leaf.key"), text("nats-leaf-key"));
      const { stderr } = spawnSync(natsServer, ["-t", "-c", join(folder, "nats/nats.conf")], { encoding: "utf8" });
      expect(stderr).toContain("is valid");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("another hub key and seed touch 2 files, hang up on server and hub, and replace no container", async () => {
    const fresh = securedStack(stack);
    const before = stacks[stack];
    const security = { ...Object(before.values.security), hubKey: Object(fresh.values.security).hubKey };
    const after = await made(stack, {
      values: { ...before.values, security },
      secrets: { ...before.secrets, hubSeed: fresh.secrets.hubSeed },
    });
    expect(changed(recorded[stack] ?? [], after)).toEqual([
      `${stack}-hub-nats-seed-write`,
      `${stack}-nats-accounts-conf-write`,
    ]);
    expect(String(of("hub-nats-seed-write").inputs.create)).toContain('kill --signal HUP "$one"');
    expect(String(of("nats-accounts-conf-write").inputs.create)).toContain(
      `kill --signal 'HUP' 'tandem-${stack}-nats'`,
    );
  });

  it("a renewed certificate touches 3 files, hangs up on the server, and replaces no container", async () => {
    const fresh = securedStack(stack);
    const before = stacks[stack];
    const security = {
      ...Object(before.values.security),
      leafCertificate: Object(fresh.values.security).leafCertificate,
    };
    const after = await made(stack, {
      values: { ...before.values, security },
      secrets: { ...before.secrets, leafKey: fresh.secrets.leafKey },
    });
    expect(changed(recorded[stack] ?? [], after)).toEqual([
      `${stack}-nats-leaf-key-write`,
      `${stack}-nats-leaf-pem-write`,
      `${stack}-tls-link-write`,
    ]);
  });
});

describe("the secured pair", () => {
  it("mainpc, which listens, knows pc2's server by its certificate, and its agents by the key they have", () => {
    const auth = (stack: string) =>
      String(named(recorded[stack] ?? [], `${stack}-nats-accounts-conf-write`).inputs.stdin).match(/(?<=# )\w+/g);
    expect(auth("mainpc")).toEqual(["hub", "operator", "leaf", "agent"]);
    expect(auth("pc2")).toEqual(["hub", "operator"]);
  });

  it("a site with security and no secrets is refused", async () => {
    const site = parseStackConfig(stacks.pc2.values, "pc2");
    await recordResources("pc2");
    const fleet = { inventories: [], batches: [], agents: [] };
    expect(() => new Machine("pc2", { site, fleet, bundles: sampleBundles() })).toThrow("needs secrets");
  });
});

async function made(stack: string, { values, secrets }: SecuredStack): Promise<Recorded[]> {
  const resources = await recordResources(stack);
  const machine = new Machine(stack, {
    site: parseStackConfig(values, stack),
    fleet: { inventories: [], batches: [], agents: [] },
    bundles: sampleBundles(),
    secrets: { hubSeed: pulumi.secret(secrets.hubSeed), leafKey: pulumi.secret(secrets.leafKey) },
  });
  await settled(machine);
  return resources;
}

/** Names of the resources whose inputs differ. */
function changed(before: Recorded[], after: Recorded[]): string[] {
  const told = new Map(before.map(({ name, inputs }) => [name, JSON.stringify(inputs)]));
  return after
    .filter(({ name, inputs }) => told.get(name) !== JSON.stringify(inputs))
    .map(({ name }) => name)
    .toSorted();
}
