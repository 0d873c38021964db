import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderLogrotateConf } from "../../components/logrotate-conf.ts";

const limits = { rotateMb: 10, keep: 7 };

describe("logrotate's configuration", () => {
  it("names each log with its 8 directives, the owner's before them", () => {
    const logs = [{ path: "/srv/logs/a.log" }, { path: "/var/log/nats.log", method: "create" as const }];
    const common = "  daily\n  maxsize 10M\n  rotate 7\n  missingok\n  notifempty\n  compress\n  delaycompress\n";
    expect(renderLogrotateConf({ ...limits, logs })).toBe(
      `"/srv/logs/a.log" {\n${common}  copytruncate\n}\n\n"/var/log/nats.log" {\n${common}  create\n}\n`,
    );
    expect(renderLogrotateConf({ ...limits, logs: logs.slice(0, 1), owner: "ops ops" })).toContain("{\n  su ops ops\n");
  });

  it("a log that rotates itself is refused, one that only sounds like it is not", () => {
    const render = (path: string) =>
      renderLogrotateConf({ ...limits, logs: [{ path }], selfRotating: ["unifiedwebagent.log"] });
    expect(() => render("/srv/logs/unifiedwebagent.log")).toThrow("rotates itself");
    expect(render("/srv/logs/unified_web_agent.log")).toContain("unified_web_agent");
  });

  it.each(["/srv/logs/*.log", "srv/a.log", "/srv/a b.log", '/srv/"a.log', "/srv/a.log\n}\n/etc/passwd"])(
    "%j is no path of a log",
    (path) => {
      expect(() => renderLogrotateConf({ ...limits, logs: [{ path }] })).toThrow("absolute path without patterns");
    },
  );
});

const logrotate = ["/usr/sbin/logrotate", "/usr/bin/logrotate"].find(
  (path) => spawnSync(path, ["--version"]).status === 0,
);

describe.skipIf(logrotate === undefined)("what logrotate makes of it", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tandem-logrotate-"));
    chmodSync(folder, 0o755);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("a log of 2 MiB with a limit of 1 MiB is rotated on the same day and goes on under its own name", () => {
    const log = join(folder, "a.log");
    const conf = join(folder, "conf");
    writeFileSync(log, "x".repeat(2 * 1024 ** 2));
    writeFileSync(conf, renderLogrotateConf({ rotateMb: 1, keep: 2, logs: [{ path: log }] }), { mode: 0o644 });
    const run = () => spawnSync(logrotate ?? "", ["--state", join(folder, "state"), conf], { encoding: "utf8" });
    expect(run()).toMatchObject({ status: 0, stderr: "" });
    expect(readFileSync(log, "utf8")).toBe("");
    for (let i = 0; i < 3; i++) {
      writeFileSync(log, `${i}`.repeat(2 * 1024 ** 2));
      expect(run()).toMatchObject({ status: 0, stderr: "" });
    }
    expect(readdirSync(folder).toSorted()).toEqual(["a.log", "a.log.1", "a.log.2.gz", "conf", "state"]);
  });
});
