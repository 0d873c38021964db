import { describe, expect, it } from "vitest";
import { LogRotation, type LogRotationArgs } from "../../components/log-rotation.ts";
import type { Reach } from "../../components/reach.ts";
import { named, recordResources, settled } from "./recorder.ts";

const ssh: Reach = { kind: "ssh", host: "192.0.2.10", port: 22, user: "ops", hostKey: "ssh-ed25519 AAAA" };
const logs = [{ path: "/srv/fleet/logs/remote_connector.log" }];

describe("a LogRotation", () => {
  it("writes 5 files, all seen in the preview, and runs once they are there", async () => {
    const { recorded, names } = await made({ logs });
    expect(names.toSorted()).toEqual(recorded.map(({ name }) => name).toSorted());
    expect(
      recorded
        .filter(({ type }) => type.endsWith(":Command"))
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual([
      "logs-care-write",
      "logs-conf-write",
      "logs-cron-write",
      "logs-run",
      "logs-service-write",
      "logs-timer-write",
    ]);
    expect(named(recorded, "logs-conf-write").inputs.stdin).toContain('"/srv/fleet/logs/remote_connector.log" {\n');
    expect(named(recorded, "logs-conf-write").inputs.create).toContain("logrotate -d --state /dev/null");
  });

  it("without logs to rotate needs no logrotate", async () => {
    const { recorded } = await made({});
    expect(JSON.stringify(recorded)).not.toContain("logrotate.conf");
  });

  it("runs again when its quota changes, and not otherwise", async () => {
    const stdin = async (args: Partial<LogRotationArgs>) => named((await made(args)).recorded, "logs-run").inputs.stdin;
    expect(await stdin({ quotaMb: 100 })).not.toBe(await stdin({}));
    expect(await stdin({ quotaMb: 2048 })).toBe(await stdin({}));
  });

  it("from within a throw-away container takes cron, since systemctl would say yes and do nothing", async () => {
    const script = async (reach: Reach) => named((await made({ reach })).recorded, "logs-run").inputs.create;
    expect(await script(ssh)).toContain("[ -d /run/systemd/system ]");
    const docker: Reach = { ...ssh, become: { kind: "docker", image: "node:24" } };
    expect(await script(docker)).not.toContain("/run/systemd/system");
  });

  it("brings a token there as a secret file of root's, names it in its script alone, and runs once it is there", async () => {
    const token = "t-0123456789-of-the-care-for-logs";
    const { recorded, names } = await made({ token, secretDirectory: "/srv/secrets/logs" });
    expect(names).toContain("logs-token");
    const file = named(recorded, "logs-token-write");
    expect(file.secrets).toContain("stdin");
    expect(String(file.inputs.stdin)).toContain(`Authorization: Bearer ${token}\n`);
    expect(file.inputs.create).toContain("chown 0:0");
    expect(named(recorded, "logs-care-write").inputs.stdin).toContain("-H @'/srv/secrets/logs/authorization'");
    const open = recorded.map(({ name, inputs }) => (name === file.name ? { ...inputs, stdin: "" } : inputs));
    expect(JSON.stringify(open)).not.toContain(token);
    const order = recorded.map(({ name }) => name);
    expect(order.indexOf("logs-run")).toBeGreaterThan(order.indexOf(file.name));
    expect(JSON.stringify((await made({})).recorded)).not.toContain("authorization");
  });

  it("refuses a log that rotates itself, and a relative directory", async () => {
    await recordResources("mainpc");
    const make = (args: Partial<LogRotationArgs>) => () => new LogRotation("logs", { ...base, ...args });
    expect(make({ logs, selfRotating: ["remote_connector.log"] })).toThrow("rotates itself");
    expect(make({ directories: ["logs"] })).toThrow("must be absolute");
  });
});

const base = { machine: "mainpc", reach: ssh, hubUrl: "http://192.0.2.10:9000", directories: ["/srv/fleet/logs"] };

async function made(args: Partial<LogRotationArgs>) {
  const recorded = await recordResources("mainpc");
  const names = await settled(new LogRotation("logs", { ...base, ...args }));
  return { recorded, names };
}
