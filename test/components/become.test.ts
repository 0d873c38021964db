import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asOwner, type Become } from "../../components/become.ts";

const script = `read -r first\nprintf '%s|%s' "$first" 'it'\\''s $HOME'`;
let folder: string;

/** Stands in for the program of that name: it shows its arguments to the test and runs what follows its own options. */
function program(name: string, body: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder, name), 0o755);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-become-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("a script with quotes that reads its first line", () => {
  it.each<[string, Become]>([
    ["as it is", { kind: "none" }],
    ["by sudo", { kind: "sudo" }],
    ["by a container", { kind: "docker", image: "node:24" }],
  ])("gets that line and keeps its quotes %s", (_, become) => {
    program("sudo", `shift; exec "$@"`);
    program("docker", `[ "$1" = image ] && exit 0; while [ "$1" != /host ]; do shift; done; shift; exec "$@"`);
    expect(run(become)).toMatchObject({ status: 0, stdout: "secret|it's $HOME", stderr: "" });
  });

  it("by sudo never waits for a password", () => {
    program("sudo", `[ "$1" = -n ] || exit 9; shift; exec "$@"`);
    expect(run({ kind: "sudo" }).status).toBe(0);
  });

  it("refused by sudo does not run, and says what to allow or to set", () => {
    program("sudo", "echo 'sudo: a password is required' >&2; exit 1");
    const { status, stdout, stderr } = run({ kind: "sudo" });
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^\S+ may not run sh by sudo on this machine: sudo: a password is required\nAllow it, as in: /,
    );
    expect(stderr).toContain("or set ssh.become to docker.");
  });

  it("refused by the engine does not run, and says what to do", () => {
    program("docker", "echo 'permission denied' >&2; exit 1");
    const { status, stdout, stderr } = run({ kind: "docker", image: "node:24" });
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("cannot start a container from node:24 on this machine: permission denied\n");
    expect(stderr).toContain("Add the user to the group docker");
  });

  it("the container has the machine's network, goes away by itself and sees the machine's disk as root", () => {
    program("docker", `[ "$1" = image ] && exit 0; printf '%s ' "$@"`);
    expect(run({ kind: "docker", image: "node:24" }).stdout).toMatch(
      /^run --rm --interactive --network host --userns host --user 0:0 .*--volume \/:\/host --entrypoint chroot node:24 \/host sh -c /,
    );
  });
});

function run(become: Become) {
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  return spawnSync("sh", ["-c", asOwner(script, become)], { input: "secret\nrest\n", encoding: "utf8", env });
}
