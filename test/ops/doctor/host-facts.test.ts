import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unmountedScript } from "../../../ops/doctor/directory-facts.ts";
import { factsScript, readFacts } from "../../../ops/doctor/facts.ts";
import { fsyncScript, fsyncWrites, hostScript, readHostFacts } from "../../../ops/doctor/host-facts.ts";
import { sectionFunction } from "../../../ops/doctor/sections.ts";

describe("the machine's part of the doctor", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "tandem-doctor-"));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("is one script that a POSIX shell reads, with care for logs and certificates and without", () => {
    const common = { machine: "pc2", configDirectory: "/etc/it's", dataDirectory: dir, docker: "docker" };
    const logs = { configDirectory: "/etc/tandem/logs", stateDirectory: "/var/lib/tandem/logs" };
    for (const args of [common, { ...common, certificates: ["/etc/tandem/nats/ca.pem"], logs }]) {
      const script = factsScript({ ...common, more: hostScript(args) });
      execFileSync("sh", ["-n", "-c", script]);
    }
  });

  it("writes 20 blocks with a wait for the disk each, tells how long each took, and leaves nothing behind", () => {
    const stdout = execFileSync("sh", ["-c", `${sectionFunction}\n${fsyncScript(dir)}`], { encoding: "utf8" });
    const { fsyncMs } = readHostFacts(stdout);
    expect(fsyncMs).toHaveLength(fsyncWrites);
    expect(Math.min(...fsyncMs)).toBeGreaterThan(0);
    expect(readdirSync(dir)).toEqual([]);
  });

  it("asks the engine at its own socket each time, where that is not the usual one", () => {
    const bin = join(dir, "bin");
    mkdirSync(bin);
    const inspected = JSON.stringify([
      {
        Name: "/tandem-pc2-hub",
        RestartCount: 0,
        State: { Status: "running", OOMKilled: false },
        Config: { Image: "x" },
      },
    ]);
    writeFileSync(
      join(bin, "docker"),
      `#!/bin/sh\n[ "$1 $2" = '--host unix:///own.sock' ] || exit 1\nshift 2\ncase $1 in version) echo 20.10.24 ;; ps) echo id ;; inspect) echo '${inspected}' ;; esac\n`,
    );
    chmodSync(join(bin, "docker"), 0o755);
    const args = {
      machine: "pc2",
      configDirectory: "/c",
      dataDirectory: dir,
      docker: "docker --host 'unix:///own.sock'",
    };
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
    const facts = readFacts(execFileSync("sh", ["-c", factsScript(args)], { encoding: "utf8", env }));
    expect(facts).toMatchObject({ engine: "20.10.24", containers: [{ name: "tandem-pc2-hub" }] });
    expect(hostScript(args)).toContain("xargs -r timeout 10 docker --host 'unix:///own.sock' inspect");
    rmSync(bin, { recursive: true });
  });

  it("tells the mount point of fstab above the data that nothing is mounted on, and no other one", () => {
    const [at, fstab] = [join(dir, "disk"), join(dir, "fstab")];
    mkdirSync(at);
    writeFileSync(
      fstab,
      `# x ${at} ext4\n/dev/a / ext4\n/dev/b ${at} ext4\n/dev/c ${dir}/other ext4\n/dev/d /proc ext4\n`,
    );
    const tell = (data: string) =>
      readHostFacts(
        execFileSync("sh", ["-c", `${sectionFunction}\n${unmountedScript(data, fstab)}\nexit 0`], { encoding: "utf8" }),
      );
    expect(tell(`${at}/tandem`).unmounted).toEqual([at]);
    expect(tell(`${at}s/tandem`).unmounted).toEqual([]);
    expect(tell("/proc/tandem").unmounted).toEqual([]);
    rmSync(at, { recursive: true });
    rmSync(fstab);
  });

  it("reads versions as each program prints its own", () => {
    const parts = {
      nats: "nats-server: v2.12.15",
      pushgateway: "pushgateway, version 1.5.1 (branch: HEAD, revision: 0ec5e4)",
      node: "v24.21.0",
    };
    const text = Object.entries(parts).map(([name, said]) => `\n== tandem: ${name}\n${said}\n`);
    expect(readHostFacts(text.join("")).versions).toEqual({ nats: "2.12.15", pushgateway: "1.5.1", node: "24.21.0" });
  });

  it("is unknown where the script said nothing", () => {
    expect(readHostFacts("")).toMatchObject({
      freeBytes: undefined,
      fsyncMs: [],
      sshd: undefined,
      listening: undefined,
      containers: [],
      certificates: [],
      directories: [],
      unmounted: [],
      logs: undefined,
    });
  });
});
