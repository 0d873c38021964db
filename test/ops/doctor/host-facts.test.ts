import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { factsScript } from "../../../ops/doctor/facts.ts";
import { fsyncScript, fsyncWrites, hostScript, readHostFacts } from "../../../ops/doctor/host-facts.ts";
import { sectionFunction } from "../../../ops/doctor/sections.ts";

describe("the machine's part of the doctor", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "tandem-doctor-"));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("is one script that a POSIX shell reads, with care for logs and certificates and without", () => {
    const common = { machine: "pc2", configDirectory: "/etc/it's", dataDirectory: dir };
    const logs = { configDirectory: "/etc/tandem/logs", stateDirectory: "/var/lib/tandem/logs" };
    for (const args of [common, { ...common, certificates: ["/etc/tandem/nats/ca.pem"], logs }]) {
      const script = factsScript({ machine: "pc2", configDirectory: "/c", dataDirectory: dir, more: hostScript(args) });
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
      missing: [],
      logs: undefined,
    });
  });
});
