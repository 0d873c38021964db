import { describe, expect, it } from "vitest";
import type { WantedPort } from "../../../components/readiness.ts";
import {
  checkCertificates,
  checkFsync,
  checkLogs,
  checkPorts,
  checkRoom,
  checkSecretOwners,
  checkSshd,
} from "../../../ops/doctor/host-checks.ts";
import { type HostFacts, readHostFacts } from "../../../ops/doctor/host-facts.ts";
import { createAuthority, issueCertificate } from "../../../ops/init/certificates.ts";

/** What a machine is read to be when its script printed these parts. */
function facts(parts: Record<string, string>): HostFacts {
  const text = Object.entries(parts).map(([name, said]) => `\n== tandem: ${name}\n${said}\n`);
  return readHostFacts(text.join(""));
}
const brief = (checks: { status: string; found: string }[]) => checks.map(({ status, found }) => `${status} ${found}`);
const times = (...seconds: number[]) =>
  facts({ fsync: seconds.map((each) => `4096 bytes (4.1 kB, 4.0 KiB) copied, ${each} s, 9.9 MB/s`).join("\n") })
    .fsyncMs;

describe("the doctor, of the speed of a disk,", () => {
  it.each([
    [[0.0004, 0.0005, 0.003], "ok median 0.5 ms, worst 3.0 ms of 3 writes"],
    [[0.02, 0.02, 0.05], "warn median 20.0 ms, worst 50.0 ms of 3 writes; 20 ms is slow"],
    [[0.0004, 0.0005, 2], "fail median 0.5 ms, worst 2000.0 ms of 3 writes"],
  ])("says of writes of %j s: %s", (seconds, said) => {
    expect(brief(checkFsync(times(...seconds)))).toEqual([said]);
  });

  it("says nothing where nothing could be written", () => {
    expect(checkFsync(facts({ fsync: "" }).fsyncMs)).toEqual([]);
  });

  it("warns where streams and spool could fill the disk before they are full themselves", () => {
    const { freeBytes } = facts({ room: `${5 * 1024 ** 2}` });
    expect(brief(checkRoom(freeBytes, 4 * 1024 ** 3))).toEqual(["ok 5.0 GiB free, streams and spool may grow by 4.0"]);
    expect(brief(checkRoom(freeBytes, 6 * 1024 ** 3))).toEqual([
      "warn 5.0 GiB free, streams and spool may grow by 6.0",
    ]);
  });
});

describe("the doctor, of sshd,", () => {
  const sshd = (text: string) => brief(checkSshd(facts({ sshd: text })));
  it("shows its limits, and warns where less than 6 connections may begin at once", () => {
    const lines = "maxsessions 10\nacceptenv LANG\nacceptenv LC_*";
    expect(sshd(`maxstartups 10:30:100\n${lines}`)).toEqual([
      "ok MaxStartups 10:30:100, MaxSessions 10, AcceptEnv LANG LC_*",
    ]);
    expect(sshd(`maxstartups 4:30:10\n${lines}`)[0]).toMatch(/^warn MaxStartups 4/);
  });

  it("says nothing where the login may not read it", () => {
    expect(sshd("")).toEqual([]);
  });
});

describe("the doctor, of ports,", () => {
  const wanted: WantedPort[] = [
    { port: 9000, address: "192.0.2.10", container: "tandem-mainpc-hub", key: "machine.hubPort" },
  ];
  const containers = JSON.stringify([
    { Name: "/tandem-mainpc-hub-3f2a9c0", State: { Pid: 812 }, Config: { User: "10900" } },
  ]);
  const ports = (parts: Record<string, string>) => brief(checkPorts(facts({ containers, ...parts }), wanted));

  it("finds that the hub's container listens on its port, 9000 or 2328 in hexadecimal", () => {
    expect(ports({ listening: "2328", owners: '192.0.2.10:9000 users:(("node",pid=812,fd=20))' })).toEqual([
      "ok 9000 are listened on",
    ]);
  });

  it("finds that nobody does, and that a stranger does", () => {
    expect(ports({ listening: "0016" })).toEqual(["fail nobody listens on 9000 of hub"]);
    expect(ports({ listening: "2328", owners: '*:9000 users:(("python3",pid=99,fd=3))' })).toEqual([
      "fail 9000 of hub is listened on by python3 (pid 99), which is not its container",
    ]);
  });

  it("takes a listener that cannot be told for the container, and says nothing where ports cannot be read", () => {
    expect(ports({ listening: "2328" })).toEqual(["ok 9000 are listened on"]);
    expect(ports({ listening: "" })).toEqual([]);
  });
});

describe("the doctor, of certificates,", () => {
  const nowMs = Date.parse("2026-05-12T00:00:00Z");
  const now = new Date(nowMs);
  const authority = createAuthority({ name: "tandem CA", now });
  const leaf = issueCertificate(authority, { machine: "pc2", address: "192.0.2.20", now, validDays: 825 });
  const text = `file /etc/tandem/nats/leaf.pem\n${leaf.certificate}\nfile /etc/tandem/nats/ca.pem\n${authority.certificate}`;

  it("tells the days that are left of leaf and authority, warns from 60 days and fails from 7", () => {
    const daysLater = (days: number) =>
      brief(checkCertificates(facts({ certificates: text }), nowMs + days * 86_400_000));
    expect(daysLater(0)).toEqual(["ok 2, valid for 825 days at least"]);
    expect(daysLater(766)).toEqual(["warn /etc/tandem/nats/leaf.pem ends in 59 days"]);
    expect(daysLater(820)).toEqual(["fail /etc/tandem/nats/leaf.pem ends in 5 days"]);
    expect(daysLater(826)).toEqual(["fail /etc/tandem/nats/leaf.pem ended 1 days ago"]);
  });

  it("says to rotate one that holds, and to renew one that has ended, with another CA where that is it", () => {
    const next = (daysLater: number) =>
      checkCertificates(facts({ certificates: text }), nowMs + daysLater * 86_400_000).map((check) => check.next);
    expect(next(820)).toEqual(["tandem secrets rotate certificates"]);
    expect(next(826)).toEqual(["tandem init --renew-certificates, then pulumi up of both machines"]);
    expect(next(3_645)[1]).toBe("tandem secrets rotate ca");
    expect(next(3_651)[1]).toMatch(/^Move the kept ca.key away.*tandem init --renew-certificates/);
  });

  it("says of the hub's to renew it as the link's or, where it is of another CA, to set it, alone once it has ended", () => {
    const certificates = `file /etc/tandem/tls/hub.pem\n${leaf.certificate}`;
    const next = (daysLater: number, own?: string) =>
      checkCertificates(facts({ certificates }), nowMs + daysLater * 86_400_000, own).map((check) => check.next);
    expect(next(820)).toEqual(["tandem secrets rotate certificates"]);
    expect(next(826)).toEqual(["tandem init --renew-certificates, then pulumi up of both machines"]);
    const set = "Set another one by your CA (hub.tls.certificate and hubTlsKey), then tandem deploy";
    expect(next(820, "pc2")).toEqual([`${set} --machine pc2`]);
    expect(next(826, "pc2")).toEqual([`${set} --alone --machine pc2`]);
  });

  it("says of one's own CA of the hub to set one that goes on, and judges a chain by its first to end, CAs by their last", () => {
    const both = `${leaf.certificate}\n${authority.certificate}`;
    const certificates = `file /etc/tandem/tls/ca.pem\n${both}\nfile /etc/tandem/tls/hub.pem\n${both}`;
    const daysLater = (days: number) => checkCertificates(facts({ certificates }), nowMs + days * 86_400_000, "pc2");
    expect(brief(daysLater(820))).toEqual(["fail /etc/tandem/tls/hub.pem ends in 5 days"]);
    const checks = daysLater(3_645);
    expect(brief(checks)[0]).toBe("fail /etc/tandem/tls/ca.pem ends in 5 days");
    expect(checks[0]?.next).toMatch(/^Set a CA that goes on in hub.tls.ca.* then tandem deploy --machine pc2$/);
  });

  it("fails for a file that holds none", () => {
    const broken = facts({ certificates: "file /etc/tandem/nats/leaf.pem\nhello" });
    expect(brief(checkCertificates(broken, nowMs))).toEqual(["fail /etc/tandem/nats/leaf.pem holds no certificate"]);
  });
});

describe("the doctor, of what belongs to a container's user,", () => {
  const [secrets, data] = ["/etc/tandem/secrets/nats", "/var/lib/tandem/hub"];
  const containers = JSON.stringify([
    {
      Name: "/tandem-pc2-nats",
      State: {},
      Config: { User: "10422:10422" },
      Mounts: [{ Type: "bind", Source: secrets }],
    },
    { Name: "/tandem-pc2-hub", State: {}, Config: { User: "10900:10900" }, Mounts: [{ Type: "bind", Source: data }] },
  ]);

  it("gives a secret to the user of the container that it is mounted into", () => {
    const check = (uid: number, path = `${secrets}/leaf.key`) =>
      checkSecretOwners([{ path, mode: "400", uid }], facts({ containers }));
    expect(check(10_422)).toEqual([]);
    expect(check(0, "/etc/tandem/secrets/old/key")).toEqual([]);
    expect(check(0)).toMatchObject([
      { status: "fail", fix: { script: "chown 10422:10422 '/etc/tandem/secrets/nats/leaf.key'" } },
    ]);
  });
});

describe("the doctor, of the care for logs,", () => {
  const nowMs = 1_800_000_000_000;
  const ran = (minutes: number) => `ran ${(nowMs - minutes * 60_000) / 1_000}`;
  const logs = (...lines: string[]) =>
    checkLogs(facts({ logs: ["looked", ...lines].join("\n") }).logs, "/etc/tandem/logs/tandem-logs.sh", nowMs);

  it.each([
    [["installed", "timer systemd", ran(10)], "ok rotated by systemd, last 10 min ago"],
    [["timer cron"], "fail logrotate is not installed"],
    [["installed", "timer cron", "error: /etc/x:3 unknown option 'foo'"], "fail error: /etc/x:3 unknown option 'foo'"],
    [["installed", ran(1)], "fail nothing starts their rotation"],
    [["installed", "timer cron"], "warn their rotation has never run"],
    [["installed", "timer cron", ran(36)], "warn their rotation ran last 36 min ago"],
  ])("says of %j: %s", (lines, said) => {
    expect(brief(logs(...lines))).toEqual([said]);
  });

  it("offers to run a rotation that is late", () => {
    expect(logs("installed", "timer cron")[0]?.fix?.script).toBe("sh '/etc/tandem/logs/tandem-logs.sh'");
  });

  it("is silent of a machine that has no care for logs", () => {
    expect(checkLogs(facts({}).logs, "", nowMs)).toEqual([]);
  });
});
