import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { readScan, redacted, scanInput, scanScript } from "../../../ops/secrets/machine-scan.ts";
import { patternsOf } from "../../../ops/secrets/patterns.ts";
import { runShell } from "../../../ops/site/shell.ts";
import { until } from "../../support/until.ts";

// Made anew for each run: what an earlier one left in a log must not be found.
const value = `correct-horse-${process.pid}-${Date.now()}`;
const input = scanInput(patternsOf({ name: "pc2 token", value }));

async function scan(configDirectory: string, logs: string[] = []) {
  // With an engine that has no containers: the lab tries that part.
  const script = `PATH=/usr/bin:/bin\ndocker() { :; }\n${scanScript(configDirectory, logs)}`;
  const { code, stdout, stderr } = await runShell(["sh", "-c", script], { stdin: input, holdInput: true });
  return { status: code, stdout, stderr, ...readScan(stdout) };
}

describe.skipIf(process.platform !== "linux")("the search of a machine", () => {
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), "tandem-scan-"));
    onTestFinished(() => rmSync(path, { recursive: true }));
    return path;
  };

  it("names the processes that hold the secret in their arguments or environment, and never the value", async () => {
    const argument = spawn("sleep", ["60"], { argv0: value });
    const environment = spawn("sleep", ["60"], { env: { HIDDEN: value, API_TOKEN: "somebody else's" } });
    onTestFinished(async () => {
      for (const child of [argument, environment]) {
        child.kill();
        await once(child, "exit");
      }
    });
    await until("both", () => argument.pid !== undefined && environment.pid !== undefined);
    const { findings, foreign, stdout } = await scan(folder());
    expect(findings).toContainEqual({ secret: "pc2 token", place: "process", where: `sleep (pid ${argument.pid})` });
    expect(findings).toContainEqual({
      secret: "pc2 token",
      place: "environment",
      where: `sleep (pid ${environment.pid})`,
    });
    expect(foreign).toContainEqual({
      name: "API_TOKEN",
      place: "environment",
      where: `sleep (pid ${environment.pid})`,
    });
    expect(stdout).not.toContain(value);
  });

  it("names a log, a packed log and a file of the configuration, but not where secrets belong", async () => {
    const [config, logs] = [folder(), folder()];
    mkdirSync(join(config, "secrets"));
    writeFileSync(join(config, "secrets", "token"), value);
    writeFileSync(join(config, "notes.txt"), `token: ${value}\n`);
    writeFileSync(join(logs, "agent.log"), `login with ${value}\n`);
    writeFileSync(join(logs, "agent.log.1.gz"), gzipSync(`login with ${value}\n`));
    const { findings, status, stderr } = await scan(config, [logs]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(findings.filter(({ place }) => place === "log" || place === "file")).toEqual([
      { secret: "pc2 token", place: "log", where: join(logs, "agent.log") },
      { secret: "pc2 token", place: "log", where: join(logs, "agent.log.1.gz") },
      { secret: "pc2 token", place: "file", where: join(config, "notes.txt") },
    ]);
    expect(JSON.stringify(findings)).not.toContain(value);
  });

  it("takes the secret out of the name of a place that is called by it", () => {
    const line = `finding\tpc2 token\tlog\t/logs/${value}.log`;
    const patterns = patternsOf({ name: "pc2 token", value });
    expect(readScan(redacted(line, patterns)).findings[0]?.where).toBe("/logs/….log");
  });

  it("ends with 2 when there is nothing to search for", () => {
    const { status } = spawnSync("sh", ["-c", scanScript("/nowhere", [])], { input: "", encoding: "utf8" });
    expect(status).toBe(2);
  });

  it("ends by itself and leaves nothing behind when its input ends, as when the operator presses Ctrl-C", async () => {
    // An engine that never answers, and says where the search keeps what it was given.
    const docker = `docker() { printf '%s\\n%s\\n' "$work" "$disk" >&2; while :; do sleep 0.1; done; }`;
    const child = spawn("sh", ["-c", `${docker}\n${scanScript("/nowhere", [])}`]);
    const ended = once(child, "exit");
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.stdin.write(input);
    const [work = "", disk = ""] = await until("its folders", () => {
      const lines = said.split("\n").filter((line) => line !== "");
      return lines.length >= 2 ? lines : undefined;
    });
    expect(readFileSync(join(work, "patterns"), "utf8")).toContain(value);
    child.stdin.end();
    expect(await ended).toEqual([1, null]);
    expect([work, disk].filter((path) => existsSync(path))).toEqual([]);
  });
});
