import { describe, expect, it } from "vitest";
import { sshFailure } from "../../components/ssh-failure.ts";

const changed = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
The fingerprint for the ED25519 key sent by the remote host is
SHA256:FmRqQ0qU6V3WMIdfi95nDV77nxcBl0DoAOAH8M2Pm3c.
Offending ED25519 key in KnownHostsCommand-HOSTNAME:1
Host key for 192.0.2.10 has changed and you have requested strict checking.
Host key verification failed.`;

describe("an ssh that could not connect", () => {
  it("to a machine with another key says its fingerprint and where to compare it, in one line", () => {
    expect(sshFailure(changed)).toEqual({
      what: "another host key answers, SHA256:FmRqQ0qU6V3WMIdfi95nDV77nxcBl0DoAOAH8M2Pm3c, than ssh.hostKey says",
      next: expect.stringMatching(/at the console there; only if it is the same, correct ssh\.hostKey$/),
    });
  });

  it.each([
    ["ops@192.0.2.10: Permission denied (publickey).", "ssh-add"],
    ["ssh: Could not resolve hostname mainpc.lan: Name or service not known", "Correct machine.address"],
    ["ssh: connect to host 192.0.2.10 port 22: Connection refused", "ssh.port"],
    ["ssh: connect to host 192.0.2.10 port 22: No route to host", "machine.address and ssh.port"],
    ["no answer within 30 s", "Check that it is up"],
  ])("with %s says so, and what to do", (said, next) => {
    expect(sshFailure(`Welcome to this bastion.\n${said}`)).toEqual({
      what: said,
      next: expect.stringContaining(next),
    });
  });

  it("at the jump host names the jump host's keys", () => {
    const said = "ssh: connect to host 192.0.2.99 port 22: Connection refused\nConnection closed by UNKNOWN port 65535";
    expect(sshFailure(said, "192.0.2.99")).toEqual({
      what: "ssh: connect to host 192.0.2.99 port 22: Connection refused",
      next: "Start sshd there, or correct ssh.jump.port",
    });
    expect(sshFailure(changed.replaceAll("192.0.2.10", "192.0.2.99"), "192.0.2.99").what).toContain("ssh.jump.hostKey");
  });

  it("behind the jump host asks for the address as seen from there", () => {
    const said = "channel 0: open failed: connect failed: No route to host\nstdio forwarding failed";
    expect(sshFailure(said, "192.0.2.99").next).toContain("as seen from there");
  });
});
