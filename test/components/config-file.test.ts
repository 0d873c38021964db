import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigFile } from "../../components/config-file.ts";
import type { Reach } from "../../components/reach.ts";
import { named, promised, recordResources, settled } from "./recorder.ts";

const ssh: Reach = { kind: "ssh", host: "192.0.2.10", port: 2222, user: "ops", hostKey: "ssh-ed25519 AAAA" };
const local: Reach = { kind: "local", socket: "unix:///var/run/docker.sock" };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-config-file-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("what a ConfigFile tells the engine", () => {
  it("over SSH it pins the host key, keeps output out of logs and sets no variable", async () => {
    const { command } = await declared(ssh, "/etc/tandem/nats/nats.conf", "port: 4222\n");
    expect(command.type).toBe("command:remote:Command");
    expect(command.inputs).toMatchObject({
      connection: { host: "192.0.2.10", port: 2222, user: "ops", hostKey: "ssh-ed25519 AAAA" },
      logging: "none",
      addPreviousOutputInEnv: false,
    });
    expect(command.inputs.environment).toBeUndefined();
    expect(command.inputs.delete).toBeUndefined();
  });

  it("on this computer it is the same script without a connection", async () => {
    const { command } = await declared(local, "/etc/tandem/nats/nats.conf", "port: 4222\n");
    const remote = await declared(ssh, "/etc/tandem/nats/nats.conf", "port: 4222\n");
    expect(command.type).toBe("command:local:Command");
    expect(command.inputs.create).toBe(remote.command.inputs.create);
  });

  it("a changed line changes the input and the hash and leaves the script as it was", async () => {
    const before = await declared(ssh, "/etc/a.conf", "port: 4222\nhost: a\n");
    const after = await declared(ssh, "/etc/a.conf", "port: 4299\nhost: a\n");
    expect(after.command.inputs.create).toBe(before.command.inputs.create);
    expect(String(after.command.inputs.stdin).split("\n").slice(0, 2)).toEqual(["port: 4299", "host: a"]);
    expect(after.hash).not.toBe(before.hash);
  });

  it("a relative path and a mode of 9999 are refused", () => {
    expect(() => new ConfigFile("a", { reach: local, path: "a.conf", content: "" })).toThrow("must be absolute");
    expect(() => new ConfigFile("b", { reach: local, path: "/a.conf", content: "", mode: "9999" })).toThrow("octal");
  });
});

describe("what its script does on a machine", () => {
  it("writes the text with quotes, dollars and backslashes as they are, readable by all", async () => {
    const path = join(folder, "it's new", "a.conf");
    const text = "a: \"$HOME\" \\n `id` é\n\n  b: 'x'\n";
    expect(await run(path, text)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it("keeps the one before beside it and leaves no other file", async () => {
    const path = join(folder, "a.conf");
    await run(path, "one\n");
    await run(path, "two");
    expect(readdirSync(folder).sort()).toEqual([".a.conf.deployed", "a.conf", "a.conf.previous"]);
    expect(readFileSync(path, "utf8")).toBe("two\n");
    expect(readFileSync(`${path}.previous`, "utf8")).toBe("one\n");
  });

  it("a connection that breaks after 7 of its bytes leaves the old file and says what to do", async () => {
    const path = join(folder, "a.conf");
    await run(path, "old\n");
    const result = await run(path, "new 1\nnew 2\n", { bytes: 7 });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("a.conf was not replaced: the connection broke");
    expect(readFileSync(path, "utf8")).toBe("old\n");
    expect(readdirSync(folder)).toEqual([".a.conf.deployed", "a.conf"]);
  });

  it("the same text again keeps the last different one as the one before", async () => {
    const path = join(folder, "a.conf");
    for (const text of ["one\n", "two\n", "two\n"]) await run(path, text);
    expect(readFileSync(`${path}.previous`, "utf8")).toBe("one\n");
  });

  it("records the SHA-256 of what it wrote", async () => {
    const path = join(folder, "a.conf");
    await run(path, "one\n");
    const { hash } = await declared(local, path, "one\n");
    expect(readFileSync(join(folder, ".a.conf.deployed"), "utf8")).toBe(`${hash}\n`);
  });

  it("a check that exits with 3 leaves the old file, and its words are in the error", async () => {
    const path = join(folder, "it's.conf");
    const validate = 'grep -q good "$new" || { echo "line 1: no good"; cat; exit 3; }';
    expect(await run(path, "good 1\n", { validate })).toMatchObject({ status: 0, stderr: "" });
    const result = await run(path, "bad\n", { validate });
    expect(result.status).toBe(1);
    expect(result.stderr.split("\n")).toEqual([
      `${path} was not replaced: its check on the machine refused the new one.`,
      "line 1: no good",
      "Correct what it names and run pulumi up again; the old file is still in place.",
      "",
    ]);
    expect(readFileSync(path, "utf8")).toBe("good 1\n");
    expect(readdirSync(folder).sort()).toEqual([".it's.conf.deployed", "it's.conf"]);
  });

  it("a check finds the candidate beside the file, with the file's permissions", async () => {
    const path = join(folder, "a.conf");
    const validate = `stat -c '%a' "$new" >${folder}/mode; dirname "$new" >>${folder}/mode`;
    await run(path, "one\n", { validate });
    expect(readFileSync(join(folder, "mode"), "utf8")).toBe(`644\n${folder}\n`);
  });

  it("an empty text is an empty line, never a missing file", async () => {
    const path = join(folder, "a.conf");
    await run(path, "");
    expect(existsSync(path)).toBe(true);
  });
});

async function declared(reach: Reach, path: string, content: string, validate?: string) {
  const recorded = await recordResources("mainpc");
  const file = new ConfigFile("file", { reach, path, content, validate });
  await settled(file);
  return { command: named(recorded, "file-write"), hash: await promised(file.contentHash) };
}

/** `bytes` is how much of the input arrives, all by default. */
async function run(path: string, content: string, { validate, bytes }: { validate?: string; bytes?: number } = {}) {
  const { command } = await declared(local, path, content, validate);
  const { create, stdin } = command.inputs;
  return spawnSync("sh", ["-c", String(create)], { input: String(stdin).slice(0, bytes), encoding: "utf8" });
}
