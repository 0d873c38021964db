import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { registerAlert } from "../../../ops/alert.ts";
import { registerDrill } from "../../../ops/drill.ts";
import { askingHubs, type HubsAsked, hubUrls, localData, localRun } from "../../../ops/ledger/hubs.ts";
import { registerMigrate } from "../../../ops/migrate.ts";
import { registerServices } from "../../../ops/services.ts";
import { registerSupport } from "../../../ops/support.ts";
import { runCommand } from "../run-command.ts";

let folder: string;
const before = process.cwd();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-hubs-"));
  process.chdir(folder);
  mkdirSync(localData);
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

const lock = (pid: number) =>
  writeFileSync(join(localData, "tandem.lock"), JSON.stringify({ pid, startedAt: new Date().toISOString() }));

it("a local run that was killed leaves its lock, and hides no site", () => {
  expect(localRun({})).toBeUndefined();
  lock(4_194_305);
  expect(localRun({})).toBeUndefined();
  expect(localRun({ data: "named" })).toBe("named");
});

describe("while a local run stands in .tandem", () => {
  let standing: ChildProcess;
  beforeEach(async () => {
    standing = spawn("sleep", ["60"], { argv0: "tandem local" });
    await once(standing, "spawn");
    lock(standing.pid ?? 0);
    ["mainpc", "pc2"].forEach((name, i) => {
      mkdirSync(join(localData, name));
      const address = { host: "127.0.0.1", port: i + 1 };
      const names = ["hub", "nats", "monitoring", "pushgateway", "beats"];
      const machine = { name, hubName: "hub", ...Object.fromEntries(names.map((one) => [one, address])) };
      writeFileSync(join(localData, name, "hub.json"), JSON.stringify({ v: 1, machine }));
    });
  });

  afterEach(() => void standing.kill());

  /** What a command that asks hubs would ask. */
  async function asked(...args: string[]): Promise<string[]> {
    let urls: string[] = [];
    const command = askingHubs(new Command("ask")).action((options: HubsAsked) => {
      urls = hubUrls(options);
    });
    await command.parseAsync(args, { from: "user" });
    return urls;
  }

  it("its hubs are asked when nothing is named, and when its folder is", async () => {
    const local = ["http://127.0.0.1:1", "http://127.0.0.1:2"];
    expect(await asked()).toEqual(local);
    expect(await asked("--data", localData)).toEqual(local);
  });

  it.each([["--dir"], ["--stack"]])("a site that %s names is asked instead of it", async (option) => {
    const elsewhere = join(folder, "site");
    // There is none, which is what is said: the two hubs of the local run are not asked.
    await expect(asked(option, elsewhere)).rejects.toThrow(/site/);
  });

  it("a local run and a site that are both named are refused", async () => {
    await expect(asked("--data", localData, "--dir", "site", "--stack", "a", "b")).rejects.toThrow(
      "--data names a local run, and --stack and --dir a site",
    );
    await expect(asked("--data", localData, "--stack", "a")).rejects.toThrow(
      "--data names a local run, and --stack a site",
    );
  });

  it.each([
    ["maintenance on mainpc", registerServices],
    ["alert silence hub-lost", registerAlert],
    ["drill history", registerDrill],
    ["migrate status", registerMigrate],
    ["support --out none.tar.gz", registerSupport],
  ])("tandem %s goes to the site that --dir names, and does not take --data beside it", async (words, register) => {
    const run = (...args: string[]) =>
      runCommand(register, [...words.split(" "), "--dir", join(folder, "site"), ...args]);
    expect((await run()).stderr).toContain(join(folder, "site"));
    expect((await run("--data", localData)).stderr).toContain("--data names a local run, and --dir a site");
  });
});
