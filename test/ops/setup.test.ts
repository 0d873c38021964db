import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const setup = join(root, "ops", "setup.mjs");

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-setup-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function script(content: string): string {
  const path = join(temporaryFolder(), "script.ts");
  writeFileSync(path, content);
  return path;
}

/** A package of its own around setup.mjs, whose npm is a script that records how it was called. */
function packageWith(installed: object | undefined, wanted: object, npm: string, isLinked = false) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "ops"));
  cpSync(setup, join(folder, "ops", "setup.mjs"));
  writeFileSync(join(folder, "package.json"), "{}");
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages: wanted }));
  mkdirSync(join(folder, "node_modules", ".bin"), { recursive: true });
  const record = join(folder, "node_modules", ".package-lock.json");
  if (installed !== undefined) writeFileSync(record, JSON.stringify({ packages: installed }));
  writeFileSync(join(folder, "node_modules", ".bin", "node"), "#!/bin/sh\necho handed over\n", { mode: 0o755 });
  if (isLinked) {
    renameSync(join(folder, "node_modules"), join(folder, "elsewhere"));
    symlinkSync(join(folder, "elsewhere"), join(folder, "node_modules"));
  }
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "npm"), `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
  const { npm_execpath: _ours, ...rest } = process.env;
  const env = { ...rest, PATH: [join(folder, "bin"), process.env.PATH].join(delimiter) };
  return () => spawnSync(process.execPath, [join(folder, "ops", "setup.mjs"), "start"], { env, encoding: "utf8" });
}

describe("handing over", () => {
  it("runs a TypeScript file on Node 24 with its arguments, exit code and an unmixed stdout", () => {
    const file = script(
      "const own: string[] = process.argv.slice(2); console.log(process.version, ...own); process.exit(7);",
    );
    const { status, stdout } = spawnSync(process.execPath, [setup, "run", file, "a", "--b"], { encoding: "utf8" });
    expect(stdout).toMatch(/^v24\.\S+ a --b\n$/);
    expect(status).toBe(7);
  });

  it("passes SIGTERM on and ends as the child does", async () => {
    const file = script(
      'process.on("SIGTERM", () => process.exit(5)); setInterval(() => {}, 1000); console.log("up");',
    );
    const child = spawn(process.execPath, [setup, "run", file], { stdio: ["ignore", "pipe", "ignore"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGTERM");
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(5);
  });

  it("ends with 137 when the child is killed", () => {
    const file = script('process.kill(process.pid, "SIGKILL");');
    expect(spawnSync(process.execPath, [setup, "run", file]).status).toBe(137);
  });
});

it("no file takes its folder from an address, where a space or an umlaut is written otherwise", () => {
  const files = ["components", "fleet", "hub", "ops", "test"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(root, folder, name)),
  );
  const sources = files.filter((file) => /\.(ts|tsx|mjs)$/.test(file));
  expect(sources.length).toBeGreaterThan(1_000);
  expect(sources.filter((file) => /import\.meta\.url\)\.pathname/.test(readFileSync(file, "utf8")))).toEqual([]);
});

describe("bringing the packages", () => {
  const lock = { "": {}, "node_modules/a": { version: "1.0.0", integrity: "x" } };
  const failing = "echo called; exit 9";

  it("leaves npm alone when the record agrees, optional packages of other platforms aside", () => {
    const wanted = { ...lock, "node_modules/mac-only": { version: "1.0.0", optional: true } };
    const start = packageWith({ "node_modules/a": { version: "1.0.0", integrity: "x" } }, wanted, failing);
    expect(start()).toMatchObject({ status: 0, stdout: "handed over\n", stderr: "" });
  });

  it.each([
    ["absent", undefined],
    ["of another version", { "node_modules/a": { version: "0.9.0", integrity: "y" } }],
    ["missing in the record", {}],
  ])("runs npm ci when a package is %s, its output on stderr, and stops when that fails", (_case, installed) => {
    const { status, stdout, stderr } = packageWith(installed, lock, failing)();
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("called\n");
    expect(stderr).toContain("npm ci ended with code 9");
  });

  it("does not have npm empty a folder that node_modules is a link to", () => {
    const { status, stderr } = packageWith({}, lock, "echo called", true)();
    expect(status).toBe(1);
    expect(stderr).toMatch(/node_modules is a link, .*\n.*rm /);
    expect(stderr).not.toContain("called");
  });

  it("asks npm for ci and hands over once it is done", () => {
    const log = join(temporaryFolder(), "npm.log");
    const { status, stdout } = packageWith(undefined, lock, `echo "$@" >> ${log}`)();
    expect([status, stdout]).toEqual([0, "handed over\n"]);
    expect(readFileSync(log, "utf8")).toMatch(/^ci /);
  });
});
