import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Reach, SshReach } from "../../../components/reach.ts";
import { runShell } from "../../../ops/site/shell.ts";
import { keyIn, keyscanCommand, sessionCommand } from "../../../ops/ssh/command.ts";
import { registerSsh } from "../../../ops/ssh.ts";
import { localPlaces, writeStack } from "../deploy/local-place.ts";
import { runCommand } from "../run-command.ts";

const reach: SshReach = {
  kind: "ssh",
  host: "192.0.2.20",
  port: 2222,
  user: "ops",
  hostKey: "ssh-ed25519 AAAAown",
  become: { kind: "sudo" },
};
const jump = { host: "bastion", port: 22, user: "door", hostKey: "ssh-ed25519 AAAAjump" };
const text = (words: readonly string[]) => words.join(" ");

describe("a session on a machine", () => {
  it("goes by the pinned host key, the port and the jump host, as its user", () => {
    const words = sessionCommand({ ...reach, jump }, "docker ps", false);
    expect(text(words)).toContain("KnownHostsCommand=/bin/echo %H ssh-ed25519 AAAAown");
    expect(text(words)).toContain("ProxyCommand=ssh");
    expect(words.slice(-4)).toEqual(["-p", "2222", "ops@192.0.2.20", "docker ps"]);
  });

  it("is root's by ssh.become where that is asked for", () => {
    expect(sessionCommand(reach, "dmesg", true).at(-1)).toContain("sudo -n sh -c 'dmesg'");
    expect(sessionCommand(reach, "dmesg", false).at(-1)).toBe("dmesg");
  });

  it("is a shell on the terminal without a command", () => {
    const words = sessionCommand(reach, "", false);
    expect([words[1], words.at(-1)]).toEqual(["-t", "ops@192.0.2.20"]);
    expect(sessionCommand(reach, "", true).at(-1)).toContain("sudo -n sh -c 'exec sh -i'");
  });

  it("is one here where a socket of this computer is the way", async () => {
    const here: Reach = { kind: "local", socket: "unix:///own.sock" };
    expect((await runShell(sessionCommand(here, "echo it is $((1 + 1))", true))).stdout).toBe("it is 2\n");
  });
});

describe("the host key that a machine shows", () => {
  it("is asked for at its port, from the jump host where there is one", () => {
    expect(text(keyscanCommand(reach))).toContain("-p 2222 -- '192.0.2.20'");
    expect(keyscanCommand({ ...reach, jump }).slice(-2)).toEqual([
      "door@bastion",
      "ssh-keyscan -T 5 -t ed25519 -p 2222 -- '192.0.2.20'",
    ]);
  });

  it("is type and key of what came, and nothing where nothing came", () => {
    expect(keyIn("# 192.0.2.20:2222 SSH-2.0\n[192.0.2.20]:2222 ssh-ed25519 AAAAC3Nz+/=\n")).toBe(
      "ssh-ed25519 AAAAC3Nz+/=",
    );
    expect(keyIn("")).toBeUndefined();
    expect(keyIn("ssh-keyscan: not found\n")).toBeUndefined();
  });
});

describe("tandem ssh", () => {
  let site: ReturnType<typeof localPlaces>;
  beforeEach(() => {
    site = localPlaces("mainpc", "pc2");
    for (const place of site.places) writeStack(place);
  });
  afterEach(() => site.remove());
  const run = (...args: string[]) => runCommand(registerSsh, ["ssh", "--dir", site.folder, ...args]);

  it("ends as the command does, which finds the stack's own engine where the machine is this computer", async () => {
    const { code } = await run("pc2", "--", '[ "$DOCKER_HOST" = unix:///nowhere/docker.sock ]', "&&", "exit 7");
    expect(code).toBe(7);
  });

  it("names the machines that there are for one that is none, and asks for no key where there is no SSH", async () => {
    expect((await run("pc3", "--", "true")).stderr).toContain("→ The site has mainpc, pc2");
    expect((await run("pc2", "--host-key")).stderr).toContain("pc2 is this computer");
  });
});
