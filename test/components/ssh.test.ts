import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { sharedSshOptions, socketBytes, sshOptions } from "../../components/ssh.ts";

const hostKey = "ssh-ed25519 AAAAmachine";
const machine = { host: "192.0.2.10", port: 22, user: "ops", hostKey };
const jump = { host: "bastion.example.org", port: 2222, user: "ops", hostKey: "ssh-ed25519 AAAAjump" };

const pathOf = (options: string[]) => options.find((option) => option.startsWith("ControlPath="));

describe("ssh's options", () => {
  it("trust the pinned key alone and ask nobody anything", () => {
    const options = sshOptions(hostKey);
    expect(options.filter((_, index) => index % 2 === 0)).toEqual(Array(options.length / 2).fill("-o"));
    expect(options).toEqual(expect.arrayContaining(["BatchMode=yes", "StrictHostKeyChecking=yes"]));
    expect(options).toContain(`KnownHostsCommand=/bin/echo %H ${hostKey}`);
    expect(options.join()).not.toContain("ProxyCommand");
  });

  it("a jump host is trusted by its own key alone, and the machine by its own", () => {
    const resolved = spawnSync("ssh", ["-G", ...sshOptions(hostKey, jump), "192.0.2.10"], { encoding: "utf8" });
    expect(resolved.status, resolved.stderr).toBe(0);
    expect(resolved.stdout).toContain(`knownhostscommand /bin/echo %H ${hostKey}\n`);
    const proxy = /^proxycommand (.*)$/m.exec(resolved.stdout)?.[1] ?? "";
    expect(proxy).toContain("-o 'KnownHostsCommand=/bin/echo %%H ssh-ed25519 AAAAjump'");
    expect(proxy).toContain("-o 'StrictHostKeyChecking=yes'");
    expect(proxy).toMatch(/ -p 2222 -W \[%h\]:%p 'ops@bastion\.example\.org'$/);
    expect(proxy).not.toContain("AAAAmachine");
  });

  it("a connection that is shared is one to the same machine and user with the same host keys and the same way", () => {
    const others = [{ host: "192.0.2.20" }, { port: 2222 }, { user: "admin" }, { hostKey: jump.hostKey }, { jump }];
    const otherJump = { jump: { ...jump, user: "admin" } };
    const paths = [{}, ...others, otherJump].map((change) => pathOf(sharedSshOptions({ ...machine, ...change })));
    expect(new Set(paths).size).toBe(7);
    expect(pathOf(sharedSshOptions(machine))).toBe(paths[0]);
    expect(pathOf(sshOptions(hostKey))).toBeUndefined();
  });

  it("a home of 57 characters leaves room for its socket, also on macOS, where a path has 103 bytes", () => {
    const path = pathOf(sharedSshOptions({ ...machine, jump }))?.replace("ControlPath=~", "/".padEnd(57, "h"));
    // ssh binds it with a dot and 16 letters more, and renames it.
    expect(`${path}.0123456789abcdef`).toHaveLength(103);
    expect(socketBytes).toBe(103 - 57);
    expect(path).not.toContain("%");
  });

  it("a machine that falls silent is given up after 30 s, be it behind a jump host", () => {
    const alive = ["ServerAliveInterval=10", "ServerAliveCountMax=3"];
    for (const options of [sshOptions(hostKey), sharedSshOptions(machine)])
      expect(options).toEqual(expect.arrayContaining(alive));
    for (const one of alive) expect(sshOptions(hostKey, jump).join().split("ProxyCommand=")[1]).toContain(one);
  });

  it("keys come from the agent alone", () => {
    expect(sshOptions(hostKey)).toContain("IdentityFile=none");
  });
});
