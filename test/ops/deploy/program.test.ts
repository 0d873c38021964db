import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { parse } from "yaml";
import { build } from "../../../ops/build.ts";
import { isPacked, packProgram, programRoot, unpackFolder, unpackProgram } from "../../../ops/deploy/program.ts";
import { readStacks } from "../../../ops/site/stacks.ts";
import { writeProject } from "../../lab/project.ts";

const repository = join(import.meta.dirname, "..", "..", "..");
const run = promisify(execFile);

describe("the program of a deployment", () => {
  let folder: string;
  let site: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tandem-program-test-"));
    site = join(folder, "site");
    mkdirSync(site);
    for (const name of readdirSync(repository).filter((file) => /^Pulumi\./.test(file)))
      cpSync(join(repository, name), join(site, name));
    writeProject(site, {});
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const said: string[] = [];
  const unpacked = async () => {
    const archive = await packProgram(site, readStacks(undefined, site));
    return (await unpackProgram(archive, join(folder, "unpacked"), site, (line) => said.push(line))).folder;
  };

  it("is found beside Pulumi.yaml, or where its main says, and a folder without one is refused", async () => {
    expect(programRoot(repository)).toEqual({ root: repository, main: "index.ts" });
    expect(programRoot(site)).toEqual({ root: repository, main: "index.ts" });
    expect(() => programRoot(folder)).toThrow(/Pulumi\.yaml does not exist/);
  });

  it("is unpacked with all that an up reads, and builds the very same hub", async () => {
    const at = await unpacked();
    expect(
      readdirSync(at)
        .filter((name) => name !== "dist")
        .toSorted(),
    ).toEqual([
      ...["Pulumi.mainpc.yaml", "Pulumi.pc2.yaml", "Pulumi.yaml", "components", "docs", "fleet", "hub", "index.ts"],
      ...["node_modules", "ops", "package-lock.json", "package.json", "tsconfig.json"],
    ]);
    expect(parse(readFileSync(join(at, "Pulumi.yaml"), "utf8")).main).toBe("index.ts");
    expect(lstatSync(join(at, "node_modules")).isSymbolicLink()).toBe(true);
    expect(realpathSync(join(at, "node_modules"))).toBe(realpathSync(join(repository, "node_modules")));
    expect(said).toEqual([]);
    const there = await run(process.execPath, [join(at, "ops/build.ts"), "--json"]);
    const hashes = (bundles: Record<string, { contentHash: string }>) =>
      Object.entries(bundles).map(([name, { contentHash }]) => [name, contentHash]);
    const here = await build({ outDir: join(folder, "dist") });
    expect(hashes(JSON.parse(there.stdout))).toEqual(hashes(here));
  }, 60_000);

  it("takes a fleet of another folder with it, and a stack's secrets as they stand there, encrypted", async () => {
    const fleet = join(folder, "fleet");
    mkdirSync(fleet);
    writeFileSync(join(fleet, "mainpc.yaml"), "machine: mainpc # ours\n");
    const path = join(site, "Pulumi.mainpc.yaml");
    const secret = "  tandem:hubSeed:\n    secure: v1:abc\n";
    writeFileSync(
      path,
      `${readFileSync(path, "utf8")}\n  tandem:fleet:\n    directory: ${fleet}\n${secret}encryptionsalt: v1:salt\n`,
    );
    const at = await unpacked();
    expect(readdirSync(join(at, "fleet")).filter((name) => name.endsWith(".yaml"))).toEqual(["mainpc.yaml"]);
    expect(readFileSync(join(at, "fleet/mainpc.yaml"), "utf8")).toContain("# ours");
    expect(existsSync(join(at, "fleet/load.ts"))).toBe(true);
    const text = readFileSync(join(at, "Pulumi.mainpc.yaml"), "utf8");
    expect(text).toContain("# MainPC.");
    expect(parse(text)).toMatchObject({
      encryptionsalt: "v1:salt",
      config: { "tandem:hubSeed": { secure: "v1:abc" } },
    });
    expect(parse(text).config["tandem:fleet"]).toBeUndefined();
  });

  it("leaves out what may hold a secret, and what git ignores", () => {
    for (const path of ["fleet/.env", "ops/site.key", "ops/a.pem", "fleet/passphrase.txt", ".git/config"])
      expect(isPacked(path, undefined), path).toBe(false);
    for (const path of ["fleet/mainpc.yaml", "ops/init/passphrases.ts"]) expect(isPacked(path, undefined)).toBe(true);
    expect(isPacked("fleet/mainpc.yaml", new Set(["fleet", "fleet/mainpc.yaml"]))).toBe(true);
    expect(isPacked("fleet/notes.txt", new Set(["fleet", "fleet/mainpc.yaml"]))).toBe(false);
  });

  it("is unpacked in a place that is the site's own", () => {
    const one = unpackFolder("/srv/a", "7-pc2");
    expect(one).toMatch(/tandem\/deployments\/[0-9a-f]{8}\/7-pc2$/);
    expect(unpackFolder("/srv/b", "7-pc2")).not.toBe(one);
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("XDG_CACHE_HOME", "");
    expect(isAbsolute(unpackFolder("/srv/a", "7-pc2"))).toBe(true);
  });
});
