import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { obtain } from "../../../ops/tools/ensure-tool.ts";
import { asSource, executable, imaginaryTool, program, servedRelease, temporaryFolder } from "./scratch.ts";

let folder: string;
let bin: string;
let cache: string;
let said: string[];
const say = (line: string) => void said.push(line);

beforeEach(() => {
  folder = temporaryFolder();
  bin = join(folder, "bin");
  cache = join(folder, "cache");
  said = [];
  mkdirSync(bin);
  vi.stubEnv("PATH", [bin, process.env.PATH].join(delimiter));
});
afterEach(() => void vi.unstubAllEnvs());

describe("looking for a tool", () => {
  it("takes the one that the variable names before one on PATH", async () => {
    program(join(bin, "imaginary-tool"), "2.12.0");
    const own = program(join(folder, "own"), "2.10.0");
    vi.stubEnv("TANDEM_IMAGINARY_TOOL", own);
    expect(await obtain(imaginaryTool(), cache, say)).toBe(own);
  });

  it.each([
    ["is not there", undefined],
    ["is 2.9.10 where 2.10.0 is needed", "2.9.10"],
  ])("refuses a variable whose program %s, though PATH has a good one", async (_case, version) => {
    program(join(bin, "imaginary-tool"), "2.12.0");
    const own = join(folder, "own");
    if (version !== undefined) program(own, version);
    vi.stubEnv("TANDEM_IMAGINARY_TOOL", own);
    const refused = obtain(imaginaryTool(), cache, say);
    await expect(refused).rejects.toMatchObject({ name: "OperatorError", code: "tool.override" });
    await expect(refused).rejects.toThrow(own);
  });

  it("passes over a program on PATH that is too old or broken, with a line, and takes the next", async () => {
    const old = program(join(bin, "imaginary-tool"), "2.9.10");
    const broken = executable(join(bin, "imaginary-tool-2"), "exit 1");
    const good = program(join(bin, "imaginary-tool-3"), "2.10.1");
    const tool = imaginaryTool({ programs: ["imaginary-tool", "imaginary-tool-2", "imaginary-tool-3"] });
    expect(await obtain(tool, cache, say)).toBe(good);
    expect(said[0]).toContain(`passing over ${old}: it is 2.9.10, but 2.10.0 or later is needed for the tests`);
    expect(said[1]).toContain(`passing over ${broken}`);
  });

  it("takes the newest of what the cache keeps", async () => {
    for (const version of ["2.9.1", "2.10.2", "2.11.0"])
      program(join(cache, `nats-server-${version}`, "nats-server"), version);
    expect(await obtain(imaginaryTool(), cache, say)).toBe(join(cache, "nats-server-2.11.0", "nats-server"));
  });
});

describe("fetching a tool", () => {
  it("keeps it in the cache, where the second call finds it without another request", async () => {
    const { release, asked } = await servedRelease("2.12.3");
    const tool = imaginaryTool({ sources: [asSource(release)] });
    const path = join(cache, "nats-server-2.12.3", "nats-server");
    expect(await obtain(tool, cache, say)).toBe(path);
    expect(await obtain(tool, cache, say)).toBe(path);
    expect(asked()).toBe(1);
    expect(readdirSync(cache)).toEqual(["nats-server-2.12.3"]);
  });

  it("asks once when 3 want it at the same time", async () => {
    const { release, asked } = await servedRelease("2.12.3");
    const tool = imaginaryTool({ sources: [asSource(release)] });
    const paths = await Promise.all([1, 2, 3].map(() => obtain(tool, cache, say)));
    expect(new Set(paths).size).toBe(1);
    expect(asked()).toBe(1);
  });

  it("goes on to the next source when one brings a program that is too old", async () => {
    const old = await servedRelease("2.9.0");
    const good = await servedRelease("2.10.0");
    const tool = imaginaryTool({ sources: [asSource(old.release), asSource(good.release)] });
    expect(await obtain(tool, cache, say)).toBe(join(cache, "nats-server-2.10.0", "nats-server"));
  });

  it.each([
    ["is a file", () => writeFileSync(cache, "")],
    // As one of root's to somebody else; a folder cannot be read by root either.
    ["has a lock that cannot be read", () => mkdirSync(join(cache, ".lock-nats-server"), { recursive: true })],
  ])("says what to do about a cache that %s", { timeout: 5_000 }, async (_case, spoil) => {
    spoil();
    const { release } = await servedRelease("2.12.3");
    const refused = obtain(imaginaryTool({ sources: [asSource(release)] }), cache, say);
    await expect(refused).rejects.toMatchObject({
      code: "tool.cache",
      next: expect.stringMatching(/XDG_CACHE_HOME, or name the program in TANDEM_IMAGINARY_TOOL$/),
    });
    await expect(refused).rejects.toThrow(cache);
  });

  it("removes what a killed install left behind", async () => {
    mkdirSync(join(cache, ".tmp-nats-server-abcdef"), { recursive: true });
    const { release } = await servedRelease("2.12.3");
    await obtain(imaginaryTool({ sources: [asSource(release)] }), cache, say);
    expect(existsSync(join(cache, ".tmp-nats-server-abcdef"))).toBe(false);
  });

  it("builds with the Go on PATH, told where to put the program", async () => {
    const script =
      'case "$1" in version) echo go version go1.26.0 linux/amd64;; install) cp "$0.result" "$GOBIN/server";; esac';
    program(`${executable(join(bin, "go"), script)}.result`, "2.12.3");
    const tool = imaginaryTool({ sources: [{ kind: "go", module: "example.test/server/v2", version: "v2.12.3" }] });
    expect(await obtain(tool, cache, say)).toBe(join(cache, "nats-server-2.12.3", "nats-server"));
  });

  it.each([
    ["has", "2:1.0", "needs root: sudo apt-get install imaginary"],
    ["does not have", "(none)", "apt knows no package imaginary to install: this system has it by other means"],
  ])("tells one who is not root what would install a package that apt %s", async (_case, candidate, what) => {
    vi.spyOn(process, "getuid").mockReturnValue(1_000);
    onTestFinished(() => void vi.restoreAllMocks());
    executable(join(bin, "apt-get"), "exit 1");
    executable(
      join(bin, "apt-cache"),
      `[ "$LC_ALL $1" = "C policy" ] && printf '%s:\\n  Candidate: ${candidate}\\n' "$2"`,
    );
    const tool = imaginaryTool({ sources: [{ kind: "debian-install", package: "imaginary" }] });
    await expect(obtain(tool, cache, say)).rejects.toThrow(`Debian's package imaginary: ${what}`);
  });

  it("lists each way with its error, and how to get it by hand, when all fail", async () => {
    executable(join(bin, "go"), "echo no space left >&2; exit 1");
    const release = { url: "http://127.0.0.1:1/x.tar.gz", sha256: "0".repeat(64), member: "x" };
    const go = { kind: "go", module: "example.test/server/v2", version: "v2.12.3" } as const;
    const failing = obtain(imaginaryTool({ sources: [asSource(release), go] }), cache, say);
    await expect(failing).rejects.toMatchObject({
      code: "tool.missing",
      next: "By hand: imagine it; then put it in PATH or name it in TANDEM_IMAGINARY_TOOL",
    });
    await expect(failing).rejects.toThrow(/the project's release: http:\/\/127\.0\.0\.1:1\/x\.tar\.gz: /);
    await expect(failing).rejects.toThrow(/go install example\.test\/server\/v2@v2\.12\.3: .*\n.*no space left/);
    expect(readdirSync(cache)).toEqual([]);
  });
});
