import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderFor, isOver, lockFolder } from "../../../ops/soak/folder.ts";
import { Store } from "../../../ops/soak/store.ts";
import { registerSoak } from "../../../ops/soak.ts";
import { runCommand } from "../run-command.ts";
import { finishRun, hour } from "./finished-run.ts";
import { asked } from "./settings.ts";
import { sliceAt } from "./slices.ts";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "soak-folder-"))));
afterEach(() => rmSync(dir, { recursive: true }));
const begin = (name: string, what = asked) => {
  const store = Store.open(join(dir, name), { asked: what, copies: true });
  store.appendSlice(sliceAt(0));
  return store;
};
const chosen = (what = asked, seed?: number) =>
  folderFor(dir, what, seed, "2026-01-03T12:00:00.000Z").slice(dir.length + 1);

describe("the folder of a soak that names none", () => {
  it("is that of the day it began, also days later", () => {
    expect(chosen()).toBe("soak-2026-01-03");
    begin("soak-2026-01-01");
    expect(chosen()).toBe("soak-2026-01-01");
    expect(chosen(asked, -1)).toBe("soak-2026-01-03");
  });

  it("is a new one when the others were asked for something else, are over, or are none", () => {
    begin("soak-2026-01-01", { ...asked, hours: 24 });
    finishRun(join(dir, "soak-2026-01-02"));
    mkdirSync(join(dir, "soak-notes"));
    writeFileSync(join(dir, "soak-plan.md"), "");
    expect(chosen()).toBe("soak-2026-01-03");
    expect(chosen(hour)).toBe("soak-2026-01-03");
    begin("soak-2026-01-03", { ...asked, hours: 24 });
    expect(chosen()).toBe("soak-2026-01-03-2");
  });
});

describe("a run that is over", () => {
  it("was observed for as long as was asked, to its last slice by a checkpoint", () => {
    const store = finishRun(join(dir, "run"));
    expect(isOver(store.dir)).toBe(true);
    store.appendSlice(sliceAt(60));
    expect(isOver(store.dir)).toBe(false);
    expect(isOver(begin("other").dir)).toBe(false);
  });

  it("says its verdict again when it is started again, and nothing more", async () => {
    const { dir: run } = finishRun(join(dir, "run"));
    const before = readFileSync(join(run, "soak.json"), "utf8");
    const { code, stdout } = await runCommand(registerSoak, ["soak", "--resume", run, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "pass", notObservedMs: 0 });
    expect(readFileSync(join(run, "soak.json"), "utf8")).toBe(before);
  });
});

describe("a folder in which a run goes on", () => {
  let other: ChildProcess;
  beforeEach(() => {
    const script = join(dir, "tandem-soak.mjs");
    writeFileSync(script, "setInterval(() => {}, 1000)");
    other = spawn(process.execPath, [script], { stdio: "ignore" });
  });
  afterEach(() => other.kill("SIGKILL"));

  it("lets no second one in, and names the first", async () => {
    const { dir: run, settings } = begin("run");
    writeFileSync(join(run, "soak.lock"), JSON.stringify({ pid: other.pid, startedAt: "noon" }));
    const { code, stderr } = await runCommand(registerSoak, ["soak", "--resume", run]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${run} is in use by process ${other.pid}, started noon`);
    expect(JSON.parse(readFileSync(join(run, "soak.json"), "utf8")).starts).toBe(settings.starts);
  });

  it("is free again when it ended without a word, and after it", () => {
    const run = join(dir, "run");
    mkdirSync(run);
    writeFileSync(join(run, "soak.lock"), '{"pid":999999999,"startedAt":"noon"}');
    const release = lockFolder(run);
    expect(JSON.parse(readFileSync(join(run, "soak.lock"), "utf8")).pid).toBe(process.pid);
    release();
    expect(existsSync(run)).toBe(false);
  });
});

describe("a start that finds no pair", () => {
  it("leaves nothing behind that the right command would stumble over", async () => {
    const out = join(dir, "run");
    const { stderr } = await runCommand(registerSoak, ["soak", "--hub", "http://127.0.0.1:9", "--out", out]);
    expect(stderr).toContain("no hub answers at http://127.0.0.1:9");
    expect(existsSync(out)).toBe(false);
  });
});
