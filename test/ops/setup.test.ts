import { execFile, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
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
const setupFiles = ["setup.mjs", "setup-lock.mjs"];

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
function packageIn(installed: object | undefined, wanted: object, npm: string, isLinked = false) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "ops"));
  for (const file of setupFiles) cpSync(join(root, "ops", file), join(folder, "ops", file));
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
  return { folder, env, command: [join(folder, "ops", "setup.mjs"), "start"] };
}

function packageWith(...args: Parameters<typeof packageIn>) {
  const { env, command } = packageIn(...args);
  return () => spawnSync(process.execPath, command, { env, encoding: "utf8" });
}

/** What it says and how it ends; several may run at once. */
function started({ env, command }: ReturnType<typeof packageIn>): Promise<{ code: unknown; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, command, { env }, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });
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

  it.runIf(existsSync("/proc/self/exe"))("does not exchange them under a process that runs from them", async () => {
    const made = packageIn({}, lock, failing);
    const program = join(made.folder, "node_modules", "sleep");
    cpSync("/bin/sleep", program, { dereference: true });
    const runs = spawn(program, ["60"]);
    await new Promise((resolve) => runs.once("spawn", resolve));
    const refused = await started(made);
    runs.kill();
    await new Promise((resolve) => runs.once("exit", resolve));
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toMatch(
      new RegExp(`cannot be exchanged under what runs from them \\(process ${runs.pid}\\)\n {2}→ `),
    );
    expect(refused.err).not.toContain("called");
    expect((await started(made)).err).toContain("called");
  });

  describe("while another command brings them", () => {
    const record = "node_modules/.package-lock.json";
    const installs = `[ "$1" = ci ] || exit 0; echo called >> npm.log; sleep 1; cp package-lock.json ${record}`;
    const calls = (folder: string) => readFileSync(join(folder, "npm.log"), "utf8").match(/called/g)?.length;

    it("waits for it, says for which process, and hands over: npm ci runs once for two", async () => {
      const made = packageIn(undefined, lock, installs);
      const ended = await Promise.all([started(made), started(made)]);
      expect(ended.map(({ code, out }) => [code, out])).toEqual(Array(2).fill([0, "handed over\n"]));
      const waited = ended.filter(({ err }) => /^packages: process \d+ is installing them, waiting$/m.test(err));
      expect([waited.length, calls(made.folder)]).toEqual([1, 1]);
      expect(existsSync(join(made.folder, ".npm-ci.lock"))).toBe(false);
    });

    it("does not wait for one that was killed, and leaves the lock to nobody when npm fails", async () => {
      const { pid } = spawnSync("true");
      const made = packageIn(undefined, lock, `${installs}; exit 9`);
      writeFileSync(join(made.folder, ".npm-ci.lock"), String(pid));
      expect(await started(made)).toMatchObject({ code: 1, out: "" });
      expect(calls(made.folder)).toBe(1);
      expect(existsSync(join(made.folder, ".npm-ci.lock"))).toBe(false);
    });
  });

  it("has npm run no install script but that of the package node, and hands over once it is done", () => {
    const { words, status, stdout } = asked(undefined);
    expect([status, stdout]).toEqual([0, "handed over\n"]);
    expect(words).toEqual([
      expect.stringMatching(/^ci --ignore-scripts /),
      expect.stringMatching(/^rebuild node --ignore-scripts=false /),
    ]);
  });

  it("brings the Node alone where an earlier command came no further than the packages", () => {
    const { words, status } = asked(lock, (folder) => rmSync(join(folder, "node_modules", ".bin", "node")));
    expect([status, words]).toEqual([0, [expect.stringMatching(/^rebuild node /)]]);
  });

  it("says that there is no Node when its script brought none", () => {
    const made = packageIn(lock, lock, "exit 0");
    rmSync(join(made.folder, "node_modules", ".bin", "node"));
    const { status, stderr } = spawnSync(process.execPath, made.command, { env: made.env, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/bin\/node is missing: .*\n {2}→ See why: run "npm rebuild node /);
  });

  /** What npm was asked for, by a command that finds these packages; its `rebuild` brings the Node. */
  function asked(installed: object | undefined, before: (folder: string) => void = () => {}) {
    const bin = "node_modules/.bin/node";
    const brings = `printf '#!/bin/sh\\necho handed over\\n' > ${bin} && chmod +x ${bin}`;
    const made = packageIn(installed, lock, `echo "$@" >> npm.log; [ "$1" != rebuild ] || { ${brings}; }`);
    before(made.folder);
    const { status, stdout } = spawnSync(process.execPath, made.command, { env: made.env, encoding: "utf8" });
    return { words: readFileSync(join(made.folder, "npm.log"), "utf8").trim().split("\n"), status, stdout };
  }
});
