import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
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
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Reach, signalContainer } from "../../components/reach.ts";
import { SecretFile, type SecretFileArgs } from "../../components/secret-file.ts";
import { named, promised, recordResources, settled } from "./recorder.ts";

const ssh: Reach = { kind: "ssh", host: "192.0.2.10", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" };
const local: Reach = { kind: "local", socket: "unix:///var/run/docker.sock" };
const uid = process.getuid?.() ?? 0;
const secret = "SUAM-not-a-real-seed";
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-secret-file-"));
  path = join(folder, "own", "seed.nk");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("what a SecretFile tells the engine", () => {
  it.each([ssh, local])("over $kind the secret stands in the encrypted input and nowhere else", async (reach) => {
    const { recorded, command } = await declared({ reach, content: secret });
    expect(command.secrets).toContain("stdin");
    expect(command.inputs.stdin).toContain(secret);
    expect(command.inputs).toMatchObject({ logging: "none", addPreviousOutputInEnv: false });
    const { stdin: _, ...rest } = command.inputs;
    expect(JSON.stringify([rest, recorded.filter((other) => other !== command)])).not.toContain(secret);
  });

  it("a new secret changes the input and leaves the script as it was", async () => {
    const before = await declared({ content: secret });
    const after = await declared({ content: "another" });
    expect(after.command.inputs.create).toBe(before.command.inputs.create);
    expect(after.command.inputs.stdin).not.toBe(before.command.inputs.stdin);
  });

  it("gives its path once it is written, and has no child but the command", async () => {
    const { names, file } = await declared({ content: secret });
    expect(names).toEqual(["seed", "seed-write"]);
    expect(await promised(file.path)).toBe(path);
  });

  it("a relative path and a user of -1 are refused", () => {
    const args = { reach: local, content: secret };
    expect(() => new SecretFile("a", { ...args, path: "seed.nk", uid })).toThrow("must be absolute");
    expect(() => new SecretFile("b", { ...args, path: "/x/seed.nk", uid: -1 })).toThrow("whole number");
  });
});

describe("what its script does on a machine", () => {
  it("writes the secret with 0400 into a directory of 0700, and prints nothing", async () => {
    expect(await run({ content: secret })).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(readFileSync(path, "utf8")).toBe(`${secret}\n`);
    const modes = [path, join(folder, "own")].map((at) => {
      const { mode, uid: owner } = statSync(at);
      return [mode & 0o777, owner];
    });
    expect(modes).toEqual([
      [0o400, uid],
      [0o700, uid],
    ]);
  });

  it("a rotation leaves no copy of the old secret and cleans up after one that was killed", async () => {
    await run({ content: "old" });
    writeFileSync(join(folder, "own", ".seed.nk.aB3xYz"), "half of the old");
    await run({ content: "new" });
    expect(readdirSync(join(folder, "own")).sort()).toEqual([".seed.nk.deployed", "seed.nk"]);
    expect(readFileSync(path, "utf8")).toBe("new\n");
  });

  it("a connection that breaks after 7 of its bytes leaves the old secret and shows nothing of the new", async () => {
    await run({ content: "old" });
    const result = await run({ content: secret }, 7);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("seed.nk was not replaced: the connection broke");
    expect(result.stderr).not.toContain(secret.slice(0, 4));
    expect(readFileSync(path, "utf8")).toBe("old\n");
    expect(readdirSync(join(folder, "own")).sort()).toEqual([".seed.nk.deployed", "seed.nk"]);
  });

  it("a directory with other things in it and 0755 is left as it is", async () => {
    mkdirSync(join(folder, "own"));
    chmodSync(join(folder, "own"), 0o755);
    writeFileSync(join(folder, "own", "passwd"), "");
    const result = await run({ content: secret });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(
      "own is in use and not closed to others.\nChoose a directory of its own, or: chown",
    );
    expect(statSync(join(folder, "own")).mode & 0o777).toBe(0o755);
    expect(existsSync(path)).toBe(false);
  });

  it("calls the reader after the file is there, and fails when the reader refuses it", async () => {
    const reload = `cp "$file" ${folder}/seen`;
    expect((await run({ content: secret, reload })).status).toBe(0);
    expect(readFileSync(join(folder, "seen"), "utf8")).toBe(`${secret}\n`);
    expect((await run({ content: secret, reload: "exit 4" })).status).toBe(4);
  });

  it("a container that is not there needs no signal", () => {
    const script = signalContainer({ kind: "local", socket: "unix:///nowhere.sock" }, "tandem-x-nats", "HUP");
    expect(spawnSync("sh", ["-euc", script], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });

  it.skipIf(uid !== 0)("in memory it mounts the directory once, and anew after a reboot took it away", async () => {
    const mounted = () =>
      spawnSync("stat", ["-f", "-c", "%T", join(folder, "own")], { encoding: "utf8" }).stdout.trim();
    const unmount = () => spawnSync("sh", ["-c", `umount "${join(folder, "own")}" 2>&1`]).status;
    await run({ content: "on disk" });
    try {
      for (const content of ["one", "two"]) {
        expect(await run({ content, tmpfs: true })).toMatchObject({ status: 0, stderr: "" });
        expect([mounted(), readFileSync(path, "utf8")]).toEqual(["tmpfs", `${content}\n`]);
      }
      expect(unmount()).toBe(0);
      expect(readdirSync(join(folder, "own"))).toEqual([]);
      await run({ content: "three", tmpfs: true });
      expect(readFileSync(path, "utf8")).toBe("three\n");
    } finally {
      while (unmount() === 0);
    }
  });
});

async function declared(args: Partial<SecretFileArgs>) {
  const recorded = await recordResources("mainpc");
  const file = new SecretFile("seed", { reach: local, path, uid, content: "", ...args });
  const names = await settled(file);
  return { recorded, names, file, command: named(recorded, "seed-write") };
}

/** @param bytes how much of the input arrives @default all */
async function run(args: Partial<SecretFileArgs>, bytes?: number) {
  const { create, stdin } = (await declared(args)).command.inputs;
  return spawnSync("sh", ["-c", String(create)], { input: String(stdin).slice(0, bytes), encoding: "utf8" });
}
