/** The command as an operator runs it, with the real pulumi CLI where one is installed. */
import { spawn, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkSiteSecrets } from "../../../components/site-secrets.ts";
import { parseStackConfig } from "../../../components/stack-config.ts";
import { requireFleet } from "../../../fleet/load.ts";
import { satellitesOf } from "../../../fleet/machines.ts";
import { answersExample } from "../../../ops/init/answers.ts";
import { satelliteAnswersExample } from "../../../ops/init/satellite.ts";
import { readStackFile } from "../../../ops/init/stack-file.ts";
import { readStacks } from "../../../ops/site/stacks.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const hasPulumi = spawnSync("pulumi", ["version"]).status === 0;
if (!hasPulumi) process.stderr.write("skipped: tandem init with a real CLI, since there is no pulumi in the PATH\n");
const stacks = ["mainpc", "pc2"] as const;
const shipped = stacks.map((stack) => readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8"));

let folder: string;
let project: string;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-init-test-"));
  project = join(folder, "project");
  for (const name of ["project", "state", "config", "tmp", "home"]) mkdirSync(join(folder, name));
  for (const name of ["Pulumi.yaml", "Pulumi.mainpc.yaml", "Pulumi.pc2.yaml"]) {
    copyFileSync(join(root, name), join(project, name));
  }
  const key = "AAAAC3NzaC1lZDI1NTE5AAAAIOlclmHBK66h2cCUha/IRAM2RW//bGP7JIgef3aYN4CF";
  writeFileSync(join(folder, "site.yaml"), answersExample.replace(/AAAAC3\S*/g, key));
  writeFileSync(join(folder, "stacks"), "passphrase of the stacks\n");
  writeFileSync(join(folder, "ca"), "passphrase of the CA\n");
  env = {
    PATH: process.env.PATH,
    HOME: folder,
    TMPDIR: join(folder, "tmp"),
    XDG_CONFIG_HOME: join(folder, "config"),
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: join(folder, "stacks"),
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("without what it needs tandem init changes nothing", () => {
  it("without the pulumi CLI says what to install", () => {
    env.PATH = join(folder, "tmp");
    const { status, stderr } = init("--answers", join(folder, "site.yaml"));
    expect(status).toBe(1);
    expect(stderr).toContain("The pulumi CLI is not in the PATH");
    expect(files()).toEqual(shipped);
  });

  it("without a terminal and without answers names --answers", () => {
    const { status, stderr } = init();
    expect(status).toBe(1);
    expect(stderr).toContain("There is no terminal to ask at\n  → Give the answers in a file: tandem init --answers");
  });

  it("with a port of 90000 and a misspelt key names file and keys", () => {
    writeFileSync(join(folder, "site.yaml"), answersExample.replace("pc2:", "pc2:\n  hubPort: 90000\n  adress: x"));
    const { status, stderr } = init("--answers", join(folder, "site.yaml"));
    expect(status).toBe(1);
    expect(stderr).toMatch(/site\.yaml: pc2\.hubPort: .*65535/);
    expect(stderr).toMatch(/site\.yaml: pc2: .*adress/);
  });

  it("over stack files of one's own is refused without --force", () => {
    const own = shipped[0]?.replaceAll("192.0.2.", "10.0.0.") ?? "";
    writeFileSync(join(project, "Pulumi.mainpc.yaml"), own);
    const { status, stderr } = init("--answers", join(folder, "site.yaml"));
    expect(status).toBe(1);
    expect(stderr).toContain("Pulumi.mainpc.yaml already describe a site of your own");
    expect(files()[0]).toBe(own);
  });

  it("for a satellite of a site that is not set up yet says to begin with the pair", () => {
    const { status, stderr } = init("--satellite", "nas", "--answers", satelliteAnswers());
    expect(status).toBe(1);
    expect(stderr).toContain("Pulumi.mainpc.yaml does not describe a site of your own, to which nas could be added");
    expect(stderr).toContain("→ Set the pair up first: tandem init");
    expect(files()).toEqual(shipped);
  });

  it.each(["pc2", "n s"])("for a satellite named %s says which names there are left", (name) => {
    const { status, stderr } = init("--satellite", name, "--answers", satelliteAnswers());
    expect(status).toBe(1);
    expect(stderr).toContain(`${name} cannot be a satellite's name`);
  });

  it("its help shows an answers file", () => {
    expect(init("--help").stdout).toContain("address: 10.0.0.10");
  });
});

describe.skipIf(!hasPulumi)("with the real CLI", () => {
  it("writes both stacks with secrets that fit and are encrypted, and keeps the CA and the operator's seed", () => {
    const result = made();
    expect(result.keptFiles.toSorted()).toEqual(["ca.key", "ca.pem", "operator.seed"]);
    for (const name of result.keptFiles) expect(statSync(join(result.kept, name)).mode & 0o777, name).toBe(0o600);
    expect(readFileSync(join(result.kept, "ca.key"), "utf8")).toContain("BEGIN ENCRYPTED PRIVATE KEY");
    for (const stack of stacks) {
      const secrets = { hubSeed: secret(stack, "hubSeed"), leafKey: secret(stack, "leafKey") };
      const site = siteOf(stack);
      checkSiteSecrets(site, secrets);
      expect(site.security.hubKey).not.toBe("");
      const text = readFileSync(join(project, `Pulumi.${stack}.yaml`), "utf8");
      for (const value of Object.values(secrets)) expect(text).not.toContain(value.split("\n").at(1) ?? value);
    }
    expect(siteOf("mainpc").peer).toEqual(siteOf("pc2").machine);
    expect(siteOf("mainpc").security.hubKey).not.toBe(siteOf("pc2").security.hubKey);
    expect(left()).toEqual([]);
  }, 60_000);

  it("renews certificates under the same CA and keys as they are; and keys with the certificates as they are", () => {
    made();
    const before = stacks.map((stack) => siteOf(stack).security);
    expect(init("--renew-certificates", "--ca-passphrase-file", join(folder, "ca")).status).toBe(0);
    for (const [index, stack] of stacks.entries()) {
      const site = siteOf(stack);
      const { leafCertificate, ...rest } = site.security;
      expect({ ...rest, leafCertificate: before[index]?.leafCertificate }).toEqual(before[index]);
      expect(serial(leafCertificate)).not.toBe(serial(before[index]?.leafCertificate ?? ""));
      checkSiteSecrets(site, { hubSeed: secret(stack, "hubSeed"), leafKey: secret(stack, "leafKey") });
    }
    const renewed = stacks.map((stack) => siteOf(stack).security);
    expect(init("--renew-keys").status).toBe(0);
    for (const [index, stack] of stacks.entries()) {
      const site = siteOf(stack);
      expect({ ...site.security, hubKey: "" }).toEqual({ ...renewed[index], hubKey: "" });
      expect(site.security.hubKey).not.toBe(renewed[index]?.hubKey);
      checkSiteSecrets(site, { hubSeed: secret(stack, "hubSeed"), leafKey: secret(stack, "leafKey") });
    }
  }, 120_000);

  it("adds a satellite: its stack, its entry in both of the pair, and an inventory that the check accepts", () => {
    made();
    const before = stacks.map(siteOf);
    const { status, stdout, stderr } = init("--satellite", "nas", "--answers", satelliteAnswers(), "--json");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const paths = ["Pulumi.nas.yaml", "Pulumi.mainpc.yaml", "Pulumi.pc2.yaml", "fleet/nas.yaml"];
    expect(JSON.parse(stdout).files).toEqual(paths.map((path) => join(project, path)));
    const satellites = [{ name: "nas", address: "10.0.0.30" }];
    expect(stacks.map(siteOf)).toEqual(before.map((site) => ({ ...site, satellites })));
    for (const stack of stacks) expect(secret(stack, "hubSeed")).toMatch(/^SU/);
    const [mainpc] = before;
    expect(readStacks(undefined, project).at(-1)).toMatchObject({
      name: "nas",
      site: {
        role: "satellite",
        hubs: [mainpc?.machine, mainpc?.peer].map(hubOf),
        ssh: { hostKey: mainpc?.ssh.hostKey },
      },
    });
    for (const name of ["mainpc.yaml", "pc2.yaml", "batches.yaml"])
      copyFileSync(join(root, "fleet", name), join(project, "fleet", name));
    expect(satellitesOf(requireFleet(join(project, "fleet")))).toEqual([{ name: "nas", watchedBy: "mainpc" }]);

    const twice = init("--satellite", "nas", "--answers", satelliteAnswers());
    expect(twice.stderr).toContain("Pulumi.nas.yaml describes a machine already");
    const moved = satelliteAnswers("10.0.0.31");
    writeFileSync(join(project, "fleet", "nas.yaml"), "machine: nas\n");
    expect(init("--satellite", "nas", "--answers", moved, "--force").status).toBe(0);
    expect(siteOf("pc2").satellites).toEqual([{ name: "nas", address: "10.0.0.31" }]);
    expect(readFileSync(join(project, "fleet", "nas.yaml"), "utf8")).toBe("machine: nas\n");
  }, 60_000);

  it("with a wrong passphrase of the CA changes nothing", () => {
    made();
    const before = files();
    writeFileSync(join(folder, "ca"), "another\n");
    const { status, stderr } = init("--renew-certificates", "--ca-passphrase-file", join(folder, "ca"));
    expect(status).toBe(1);
    expect(stderr).toContain("The passphrase does not open");
    expect(files()).toEqual(before);
  }, 60_000);

  it("without a passphrase for the stacks says where to put one", () => {
    delete env.PULUMI_CONFIG_PASSPHRASE_FILE;
    const { status, stderr } = init("--answers", join(folder, "site.yaml"));
    expect(status).toBe(1);
    expect(stderr).toContain("PULUMI_CONFIG_PASSPHRASE_FILE=FILE");
    expect(files()).toEqual(shipped);
  }, 60_000);

  it("interrupted while it encrypts leaves the files as they were and nothing behind", async () => {
    const child = spawn(process.execPath, arguments_("--answers", join(folder, "site.yaml")), { env });
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (text.includes("Encrypting")) child.kill("SIGINT");
    });
    expect(await ended).toBe("SIGINT");
    expect(files()).toEqual(shipped);
    expect(readdirSync(project).toSorted()).toEqual(["Pulumi.mainpc.yaml", "Pulumi.pc2.yaml", "Pulumi.yaml"]);
    expect(readdirSync(join(folder, "config"))).toEqual([]);
    expect(left()).toEqual([]);
  }, 60_000);
});

const hubOf = (machine: { name: string; address: string; hubPort: number } | undefined) => ({
  name: machine?.name,
  address: machine?.address,
  hubPort: machine?.hubPort,
});

/** @returns the path of an answers file for a satellite that mainpc's hub watches */
function satelliteAnswers(address = "10.0.0.30"): string {
  const path = join(folder, "satellite.yaml");
  const key = "AAAAC3NzaC1lZDI1NTE5AAAAIOlclmHBK66h2cCUha/IRAM2RW//bGP7JIgef3aYN4CF";
  const text = satelliteAnswersExample.replace(/AAAAC3\S*/, key).replace("10.0.0.30", address);
  writeFileSync(path, text.replace("watchedBy: pc2", "watchedBy: mainpc"));
  return path;
}

interface Result {
  files: string[];
  kept: string;
  keptFiles: string[];
}

function made(): Result {
  const args = ["--answers", join(folder, "site.yaml"), "--ca-passphrase-file", join(folder, "ca"), "--json"];
  const { status, stdout, stderr } = init(...args);
  expect(stderr).not.toContain("error");
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

function init(...args: string[]) {
  return spawnSync(process.execPath, arguments_(...args), { env, encoding: "utf8", input: "" });
}

function arguments_(...args: string[]): string[] {
  return [join(root, "ops/tandem.ts"), "init", "--dir", project, ...args];
}

function files(): string[] {
  return stacks.map((stack) => readFileSync(join(project, `Pulumi.${stack}.yaml`), "utf8"));
}

/** What was left in the folder for temporary files. */
function left(): string[] {
  return readdirSync(join(folder, "tmp")).filter((name) => name.startsWith("tandem-init-"));
}

function siteOf(stack: string) {
  const config = readStackFile(project, stack)?.config ?? {};
  const groups = Object.entries(config).filter(([key]) => !/:(hubSeed|leafKey)$/.test(key));
  return parseStackConfig(Object.fromEntries(groups.map(([key, value]) => [key.replace("tandem:", ""), value])), stack);
}

function secret(stack: string, key: string): string {
  const { stdout } = spawnSync("pulumi", ["config", "get", "-C", project, "-s", stack, key], { env, encoding: "utf8" });
  return stdout.replace(/\n$/, "");
}

function serial(pem: string): string {
  return new X509Certificate(pem).serialNumber;
}
