import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type NatsConfArgs, renderNatsConf } from "../../components/nats-conf.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";

const listener: NatsConfArgs = {
  machine: "mainpc",
  host: "192.0.2.10",
  clientPort: 4222,
  monitoringPort: 8222,
  storeDir: "/data",
  leaf: { kind: "listen", host: "192.0.2.10", port: 7422 },
};
const dialler: NatsConfArgs = {
  ...listener,
  machine: "pc2",
  leaf: { kind: "dial", url: "nats-leaf://192.0.2.10:7422" },
  logFile: "/var/log/tandem/nats.log",
  pidFile: "/run/tandem/nats.pid",
};

let natsServer: string;
let folder: string;
beforeAll(async () => {
  natsServer = await ensureTool("nats-server", () => {});
  folder = mkdtempSync(join(tmpdir(), "tandem-nats-conf-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("nats.conf", () => {
  it.each([
    ["of the machine that listens", listener],
    ["of the machine that dials, with log and pid files", dialler],
    ["of a machine with IPv6 addresses", { ...listener, host: "::1", monitoringHost: "::1" }],
    [
      "with quotes, backslashes, control characters and dollars in a path",
      { ...listener, storeDir: '/d "a"\\b\t\u0001$X é' },
    ],
  ])("%s is accepted by nats-server -t", (_, args) => {
    const file = join(folder, "nats.conf");
    writeFileSync(file, renderNatsConf(args));
    const { status, stderr } = spawnSync(natsServer, ["-t", "-c", file], { encoding: "utf8" });
    expect(stderr).toContain("is valid");
    expect(status).toBe(0);
  });

  it("syncs every message, takes 8 MiB, 1 GiB of memory and 10 GiB of disk, and pings each second", () => {
    const lines = renderNatsConf(listener).split("\n");
    for (const line of [
      "max_payload: 8388608",
      "max_connections: 2048",
      "max_subscriptions: 4096",
      "max_pending: 50331648",
      "  sync_interval: always",
      "  max_memory_store: 1073741824",
      "  max_file_store: 10737418240",
      'ping_interval: "1000ms"',
      "ping_max: 2",
    ]) {
      expect(lines).toContain(line);
    }
  });

  it("shows monitoring on 127.0.0.1 unless told otherwise", () => {
    expect(renderNatsConf(listener)).toContain('http: "127.0.0.1:8222"');
    expect(renderNatsConf({ ...listener, monitoringHost: "::1" })).toContain('http: "[::1]:8222"');
  });

  it("is the same bytes for the same arguments, and differs in 1 line for another client port", () => {
    expect(renderNatsConf(dialler)).toBe(renderNatsConf(structuredClone(dialler)));
    const before = renderNatsConf(listener).split("\n");
    const after = renderNatsConf({ ...listener, clientPort: 4299 }).split("\n");
    expect(after.filter((line, index) => line !== before[index])).toEqual(["port: 4299"]);
  });

  it("a machine whose name cannot name a domain is refused", () => {
    expect(() => renderNatsConf({ ...listener, machine: "main.pc" })).toThrow('not "main.pc"');
  });
});
