import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDataFolder } from "../../../ops/local/data-folder.ts";
import { isAlive, signal } from "../../../ops/local/processes.ts";
import { until } from "../../support/until.ts";

const dataFolderModule = new URL("../../../ops/local/data-folder.ts", import.meta.url).href;

describe("the data folder of a local pair", () => {
  let dir: string;
  const said: string[] = [];
  const open = () => openDataFolder(join(dir, "pair"), ["mainpc", "pc2"], (line) => void said.push(line));

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tandem-data-"));
    said.length = 0;
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("is made with a folder for each machine, and gone on with at the next start", async () => {
    const first = await open();
    expect([first.existed, existsSync(join(first.machine("pc2"), "logs"))]).toEqual([false, true]);
    first.release();
    const second = await open();
    expect(second.existed).toBe(true);
    second.release();
  });

  it("goes on after a first start that was cut off while it wrote its stamp", async () => {
    mkdirSync(join(dir, "pair"));
    writeFileSync(join(dir, "pair", "tandem.json.new"), '{"vers');
    (await open()).release();
    expect(JSON.parse(readFileSync(join(dir, "pair", "tandem.json"), "utf8")).version).toBe(1);
  });

  it.each([
    ["of another version", '{"version":7,"createdAt":"x"}', "data.version"],
    ["that is half-written", '{"version":1,"cre', "data.broken"],
    ["that is empty", "", "data.broken"],
  ])("with a stamp %s is refused and left as it is", async (_, stamp, code) => {
    mkdirSync(join(dir, "pair"));
    writeFileSync(join(dir, "pair", "tandem.json"), stamp);
    await expect(open()).rejects.toMatchObject({ code });
    expect(readdirSync(join(dir, "pair"))).toEqual(["tandem.json"]);
  });

  it("that is somebody else's is refused and left as it is", async () => {
    mkdirSync(join(dir, "pair"));
    writeFileSync(join(dir, "pair", "thesis.tex"), "");
    await expect(open()).rejects.toMatchObject({ code: "data.foreign" });
    expect(readdirSync(join(dir, "pair"))).toEqual(["thesis.tex"]);
  });

  it("left locked by a run that was killed is taken over, and its processes are stopped", async () => {
    const first = await open();
    first.release();
    writeFileSync(join(dir, "pair", "tandem.lock"), '{"pid":999999999,"startedAt":"x"}');
    const conf = join(first.machine("mainpc"), "left.conf");
    const left = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "--", "--config", conf], {
      stdio: "ignore",
    });
    await until("the process", () => left.pid !== undefined && isAlive(left.pid));
    const gone = new Promise((resolve) => left.once("exit", resolve));
    (await open()).release();
    await gone;
    expect(said.join()).toContain(String(left.pid));
  });

  it("left by a killed run leaves those alone who read its logs, edit its files, or wait for the run that opens it", async () => {
    const first = await open();
    first.release();
    const hub = join(first.machine("mainpc"), "hub.json");
    const log = join(first.machine("mainpc"), "logs", "hub.log");
    for (const path of [hub, log]) writeFileSync(path, "");
    const idle = "setInterval(() => {}, 1000)";
    const bystanders = [
      spawn("tail", ["-F", log], { stdio: "ignore" }),
      spawn(process.execPath, ["-e", idle, "--", hub], { stdio: "ignore" }),
      spawn("sh", ["-c", `tail -F ${log}; : node hub.mjs --config ${hub}`], { stdio: "ignore", detached: true }),
    ];
    try {
      await until("the processes", () => bystanders.every(({ pid }) => pid !== undefined && isAlive(pid)));
      const opener = `const { openDataFolder } = await import(${JSON.stringify(dataFolderModule)});
        (await openDataFolder(${JSON.stringify(join(dir, "pair"))}, ["mainpc"], () => {})).release();`;
      const waits = `require("node:child_process").spawnSync(process.execPath,
        ["--input-type=module", "-e", ${JSON.stringify(opener)}], { stdio: "inherit" })`;
      const waiting = spawn(process.execPath, ["-e", waits, "--", "--config", hub], { stdio: "ignore" });
      const end = await new Promise((resolve) => waiting.once("exit", (code, name) => resolve([code, name])));
      expect(end).toEqual([0, null]);
      expect(bystanders.map(({ exitCode, signalCode }) => [exitCode, signalCode])).toEqual(
        bystanders.map(() => [null, null]),
      );
    } finally {
      // The shell has a group of its own, with its tail in it.
      for (const { pid } of bystanders)
        if (pid !== undefined) signal(pid === bystanders[2]?.pid ? -pid : pid, "SIGKILL");
    }
  });

  it("in use by a running Tandem is refused, naming its process", async () => {
    const script = join(dir, "tandem-run.mjs");
    writeFileSync(script, "setInterval(() => {}, 1000)");
    const running = spawn(process.execPath, [script], { stdio: "ignore" });
    try {
      (await open()).release();
      writeFileSync(join(dir, "pair", "tandem.lock"), JSON.stringify({ pid: running.pid, startedAt: "noon" }));
      await expect(open()).rejects.toMatchObject({ code: "data.locked", message: expect.stringContaining("noon") });
    } finally {
      running.kill("SIGKILL");
    }
  });
});
