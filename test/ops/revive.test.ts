import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { holderOfRun, reviveSignal } from "../../ops/local/data-folder.ts";
import { isAlive } from "../../ops/local/processes.ts";
import { registerLocal } from "../../ops/local.ts";
import { registerRevive } from "../../ops/revive.ts";
import { until } from "../support/until.ts";
import { runCommand } from "./run-command.ts";

const lockModule = new URL("../../ops/local/lock.ts", import.meta.url).href;

describe("tandem revive", () => {
  let dir: string;
  let run: ChildProcess | undefined;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "revive-"))));
  afterEach(() => {
    run?.kill("SIGKILL");
    process.removeAllListeners(reviveSignal);
    rmSync(dir, { recursive: true });
  });

  /** A run that hears no order to revive: one ends it. */
  const begin = (script: string) => {
    writeFileSync(join(dir, "tandem-run.mjs"), script);
    run = spawn(process.execPath, [join(dir, "tandem-run.mjs")], { stdio: "ignore" });
    return run;
  };
  const taking = (kind: string) => `
    import { takeLock } from ${JSON.stringify(lockModule)};
    takeLock(${JSON.stringify(join(dir, "tandem.lock"))}, () => new Error("held"), ${JSON.stringify(kind)});
    setInterval(() => {}, 1000);`;
  const taken = () => until("the run", () => holderOfRun(dir));
  const revive = () => runCommand(registerRevive, ["revive", "--data", dir]);

  it("refuses a run of chaos or soak, and leaves it alone", async () => {
    const other = begin(taking("staged run"));
    await taken();
    const { code, stderr } = await revive();
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`process ${other.pid}, which has ${dir}, is no local run`),
    ]);
    await pause(200);
    expect(isAlive(other.pid ?? 0)).toBe(true);
  });

  it("refuses a run of the version before that is no local one, which its lock does not tell", async () => {
    const other = begin("setInterval(() => {}, 1000)");
    writeFileSync(join(dir, "tandem.lock"), JSON.stringify({ pid: other.pid, startedAt: "noon" }));
    await taken();
    expect(await revive()).toMatchObject({ code: 1, stderr: expect.stringContaining("is no local run") });
    await pause(200);
    expect(isAlive(other.pid ?? 0)).toBe(true);
  });

  it("says that the run has ended, whatever is left of it", async () => {
    for (const [i, name] of ["mainpc", "pc2"].entries()) {
      const at = (port: number) => ({ host: "127.0.0.1", port: port + 10 * i });
      const [hub, nats, monitoring, pushgateway, beats] = [at(1), at(2), at(3), at(4), at(5)];
      const machine = { name, hubName: "Hub", hub, nats, monitoring, pushgateway, beats };
      mkdirSync(join(dir, name));
      writeFileSync(join(dir, name, "hub.json"), JSON.stringify({ machine }));
    }
    const other = begin(taking("local run"));
    await taken();
    expect(await revive()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`the local run in ${dir}, process ${other.pid}, has ended`),
    });
  });
});

it("a local run hears orders to revive before anything else, and so before it has a folder by which it is found", async () => {
  expect(process.listenerCount(reviveSignal)).toBe(0);
  const { stderr } = await runCommand(registerLocal, ["local", "--notifications", "/nowhere"]);
  expect(stderr).toContain("/nowhere");
  expect(process.listenerCount(reviveSignal)).toBe(1);
  process.removeAllListeners(reviveSignal);
});
