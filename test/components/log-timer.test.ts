import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installTimer, renderCron, renderService, renderTimer } from "../../components/log-timer.ts";

let folder: string;
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-log-timer-"));
  mkdirSync(at("cron.d"));
  writeFileSync(at("tandem-logs.cron"), renderCron(at("tandem-logs.sh")));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("without systemd", () => {
  it("cron gets its file, and the first run's last line is what is reported", () => {
    writeFileSync(at("tandem-logs.sh"), `echo one; touch ${at("ran")}; echo two`);
    expect(run()).toMatchObject({ status: 0, stdout: "cron; two\n", stderr: "" });
    expect(existsSync(at("ran"))).toBe(true);
    expect(readFileSync(at("cron.d/tandem-logs"), "utf8")).toBe(
      `*/15 * * * * root nice /bin/sh ${at("tandem-logs.sh")} >/dev/null 2>&1\n`,
    );
  });

  it("a first run that fails fails the deploy, with its words", () => {
    writeFileSync(at("tandem-logs.sh"), "echo logrotate failed: bad line; exit 1");
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toBe(`the first run of ${at("tandem-logs.sh")} failed:\nlogrotate failed: bad line\n`);
  });

  it("a machine with neither is refused before anything runs", () => {
    rmSync(at("cron.d"), { recursive: true });
    writeFileSync(at("tandem-logs.sh"), `touch ${at("ran")}`);
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain("neither systemd nor");
    expect(existsSync(at("ran"))).toBe(false);
  });
});

it("the units name the script, a quarter of an hour and each other by their names", () => {
  expect(renderService("/etc/tandem/logs/tandem-logs.sh")).toContain(
    "ExecStart=/bin/sh /etc/tandem/logs/tandem-logs.sh\n",
  );
  expect(renderTimer()).toContain("OnCalendar=*:0/15\n");
});

it("with systemd the units are linked, enabled, reloaded and started, in this order", () => {
  const script = installTimer({ configDirectory: "/c", stateDirectory: "/s", systemd: true });
  const verbs = [...script.matchAll(/systemctl [^"\n]*?(link|enable|daemon-reload|restart)\b/g)].map(
    ([, verb]) => verb,
  );
  expect(verbs).toEqual(["link", "enable", "daemon-reload", "restart"]);
});

function run() {
  const args = { configDirectory: folder, stateDirectory: at("state"), systemd: false, cronDirectory: at("cron.d") };
  return spawnSync("sh", ["-c", installTimer(args)], { encoding: "utf8" });
}
