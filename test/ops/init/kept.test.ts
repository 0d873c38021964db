/** What was kept of one site when another one of the same project's name is set up or renewed, with a `pulumi` that only pretends. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { Answers, answersExample } from "../../../ops/init/answers.ts";
import { createAuthority } from "../../../ops/init/certificates.ts";
import { createIdentity } from "../../../ops/init/identity.ts";
import { authorityFiles, keep, keepFolder, requireKeepable } from "../../../ops/init/keep.ts";
import { type Renewal, renewals } from "../../../ops/init/renew.ts";
import { init } from "../../../ops/init/run.ts";
import { pretendedProject, projectFiles } from "./pretended-pulumi.ts";

const key = "AAAAC3NzaC1lZDI1NTE5AAAAIOlclmHBK66h2cCUha/IRAM2RW//bGP7JIgef3aYN4CF";
let folder: string;
let dir: string;
let kept: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-kept-"));
  const { project, path } = pretendedProject(folder);
  [dir, kept] = [project, join(folder, "config", "tandem", "tandem")];
  writeFileSync(join(folder, "site.yaml"), answersExample.replace(/AAAAC3\S*/g, key));
  vi.stubEnv("PATH", path);
  vi.stubEnv("HOME", folder);
  vi.stubEnv("XDG_CONFIG_HOME", join(folder, "config"));
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "hush");
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const now = new Date();
const answers = Answers.parse({
  mainpc: { address: "10.0.0.10", hostKey: `ssh-ed25519 ${key}` },
  pc2: { address: "10.0.0.20", hostKey: `ssh-ed25519 ${key}` },
});

/** Another site's keys, in a folder. */
function keepSite(where: string) {
  const authority = createAuthority({ name: "test CA", now });
  const identity = createIdentity(answers, authority, now, () => []);
  keep(where, { ...identity.seeds, ...authorityFiles(authority, "hush") });
  return identity;
}

function held(...path: string[]): Record<string, string> {
  const at = join(kept, ...path);
  const files = readdirSync(at, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ name }) => [name, readFileSync(join(at, name), "utf8")]));
}
const asides = () => readdirSync(kept).filter((name) => name.startsWith("before-"));
const stackFiles = () => projectFiles.map((name) => readFileSync(join(dir, name), "utf8"));

it.each(["", "cfg", "./cfg"])("what is kept lies below the home where XDG_CONFIG_HOME is %j", (named) => {
  vi.stubEnv("XDG_CONFIG_HOME", named);
  expect(keepFolder("tandem")).toBe(join(homedir(), ".config", "tandem", "tandem"));
});

describe("a folder that takes no files", () => {
  // A file stands where it would be made, which stops root, too.
  beforeEach(() => writeFileSync(join(folder, "config"), ""));
  const options = { renewKeys: false, force: false, json: true };

  it("is said before anything of a new site is made, and nothing changes", async () => {
    const before = stackFiles();
    const created = init({ ...options, dir, answers: join(folder, "site.yaml"), renewCertificates: false });
    await expect(created).rejects.toMatchObject({
      code: "init.keep",
      message: expect.stringContaining(`The site's keys cannot be kept in ${kept}: ENOTDIR`),
    });
    expect(stackFiles()).toEqual(before);
  });

  it("is said before certificates of a CA that would have to be kept, and nothing changes", async () => {
    const before = stackFiles();
    const caPassphraseFile = join(folder, "ca");
    writeFileSync(caPassphraseFile, "hush\n");
    const renewed = init({ ...options, dir, renewCertificates: true, caPassphraseFile });
    await expect(renewed).rejects.toMatchObject({ code: "init.keep" });
    expect(stackFiles()).toEqual(before);
  });
});

it("a look at whether the folder takes files leaves nothing behind", () => {
  requireKeepable(kept);
  expect(existsSync(join(folder, "config"))).toBe(false);
  keepSite(kept);
  const before = readdirSync(kept);
  requireKeepable(kept);
  expect(readdirSync(kept)).toEqual(before);
});

describe("a second site of the same project's name", () => {
  const second = (force: boolean) =>
    init({ dir, force, answers: join(folder, "site.yaml"), renewCertificates: false, renewKeys: false, json: true });

  it("is refused, saying what lies there and what to do, and nothing changes", async () => {
    keepSite(kept);
    const before = [held(), stackFiles()];
    await expect(second(false)).rejects.toMatchObject({
      code: "init.kept",
      message: `${kept} holds ca.key, ca.pem, operator.seed of a site that is there already`,
      next: expect.stringContaining("XDG_CONFIG_HOME=FOLDER"),
    });
    expect([held(), stackFiles()]).toEqual(before);
  });

  it("with --force moves all 3 files aside, also those without a successor, and leaves no copy when it fails", async () => {
    keepSite(kept);
    const before = held();
    writeFileSync(join(folder, "fails"), "");
    await expect(second(true)).rejects.toThrow();
    expect([held(), asides()]).toEqual([before, []]);
    rmSync(join(folder, "fails"));
    const { aside } = await second(true);
    expect(asides().map((name) => join(kept, name))).toEqual([aside]);
    const [name = ""] = asides();
    expect(name).toMatch(/^before-\d{4}-\d\d-\d\dT\d{6}/);
    expect(held(name)).toEqual(before);
    expect(statSync(join(kept, name, "ca.key")).mode & 0o777).toBe(0o600);
    expect(Object.keys(held())).toEqual(["operator.seed"]);
    expect(held()["operator.seed"]).not.toBe(before["operator.seed"]);
  });

  it("with a folder of its own is set up, and nothing is moved", async () => {
    keepSite(join(folder, "elsewhere"));
    expect(await second(false)).toMatchObject({ kept, keptFiles: ["operator.seed"] });
    expect(asides()).toEqual([]);
  });
});

describe("a renewal", () => {
  const renew = (...what: Renewal[]) =>
    renewals({ folder: dir, project: "tandem", what, kept, caPassphrase: "hush", now });
  /** The stacks are those of the site that is kept there. */
  function stacksOf({ machines }: ReturnType<typeof keepSite>, ca = ""): void {
    for (const stack of ["mainpc", "pc2"] as const) {
      const security = { ...machines[stack].halves, ca: `${ca}${machines[stack].halves.ca}` };
      const config = { "tandem:machine": answers[stack], "tandem:security": security };
      writeFileSync(join(dir, `Pulumi.${stack}.yaml`), stringify({ config }));
    }
  }

  it("issues certificates by the kept CA when that is one of those that the stacks trust", () => {
    const other = createAuthority({ name: "other CA", now });
    const site = keepSite(kept);
    stacksOf(site, other.certificate);
    const [mainpc] = renew("certificates").stacks;
    expect(mainpc?.after.security.ca.trim()).toBe(site.machines.mainpc.halves.ca.trim());
  });

  it("exchanges every seed of the site that is kept there", () => {
    stacksOf(keepSite(kept));
    const { stacks, keptFiles } = renew("keys", "certificates", "operator-key", "agent-keys");
    expect(stacks).toHaveLength(2);
    expect(Object.keys(keptFiles)).toContain("operator.seed");
  });

  it("issues none by the CA of another site, and overwrites none of its seeds", () => {
    stacksOf(keepSite(join(folder, "elsewhere")));
    keepSite(kept);
    expect(() => renew("certificates")).toThrow(`ca.pem is not the CA of ${join(dir, "Pulumi.mainpc.yaml")}`);
    expect(() => renew("operator-key")).toThrow(
      `operator.seed is not the operator's of ${join(dir, "Pulumi.mainpc.yaml")}`,
    );
    // A new CA would be kept beside the seed of another site.
    for (const name of ["ca.pem", "ca.key"]) rmSync(join(kept, name));
    expect(() => renew("certificates")).toThrow("operator.seed is not the operator's of");
    expect(() => renew("keys")).not.toThrow();
  });
});
