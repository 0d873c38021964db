import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listProcesses } from "../../../ops/local/processes.ts";
import { registerSoak } from "../../../ops/soak.ts";
import { runCommand } from "../run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "tandem-soak-"));
const out = join(folder, "run");
/** A test's computer is busy with more than the pair, which says nothing of the pair. */
const bars = ["cpu=100", "memory=100", "disk=100", "p95=10000", "unobserved=90"];
const faults = ["hub-crash", "pushgateway-crash", "agent-crash"];
const deadlineMs = 100_000;
/** As a terminal's Ctrl-C may arrive twice. */
const sameKeypressMs = 500;

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(50);
}

describe("a soak of half a minute on a pair of its own, with a fault every 12 s", () => {
  let ended: Awaited<ReturnType<typeof runCommand>>;
  const read = (name: string) => readFileSync(join(out, name), "utf8");

  beforeAll(async () => {
    const args = [
      "soak",
      "--own-pair",
      "--port-offset",
      "9000",
      "--agents",
      "pilots",
      "--minutes",
      "0.5",
      "--out",
      out,
      "--json",
      "--seed",
      "4",
    ];
    const chaos = ["--chaos", "300", "--hold-seconds", "2", "--scenario", ...faults];
    ended = await runCommand(registerSoak, [...args, ...chaos, "--checkpoint-minutes", "0.2", "--bar", ...bars]);
  }, deadlineMs);

  it("loses nothing of what was acknowledged, and passes", () => {
    const last = JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "");
    expect(last).toMatchObject({ verdict: "pass", breaches: [] });
    expect(ended.code).toBe(0);
    const { figures, faults: played } = JSON.parse(read("report.json"));
    expect(figures.pushes).toMatchObject({ lost: 0, unexplained: 0 });
    expect(figures.pushes.acknowledged).toBeGreaterThan(200);
    expect(figures.ledger.missing).toBe(0);
    expect(played.length).toBeGreaterThan(0);
    expect(Object.keys(figures.processes)).toEqual(
      expect.arrayContaining(["mainpc/hub", "pc2/nats", "pc2/pushgateway"]),
    );
  });

  it("writes reports that need nothing else, with its plots and its public key", () => {
    expect(read("report.html")).toContain("<svg");
    expect(read("report.html")).not.toMatch(/<script|https?:/);
    expect(read("report.md")).toContain(JSON.parse(read("soak.json")).publicKey);
  });

  it("leaves no process behind", () => {
    expect(listProcesses().filter(({ command }) => command.includes(`${out}/`))).toEqual([]);
  });

  it("has checkpoints that verify, until one is edited", async () => {
    const verify = () => runCommand(registerSoak, ["soak", "verify", out]);
    expect(existsSync(join(out, "checkpoints", "0002.json"))).toBe(true);
    expect(await verify()).toMatchObject({ code: 0, stdout: expect.stringContaining("none of them edited") });
    const path = join(out, "checkpoints", "0002.json");
    writeFileSync(path, readFileSync(path, "utf8").replace(/"failed": \d+/, '"failed": 12345'));
    const edited = await verify();
    expect(edited.code).toBe(1);
    expect(edited.stdout).toContain("checkpoint 0002 was edited: its signature does not fit");
    expect(edited.stdout).not.toContain("checkpoint 0001");
  });

  it("is written down so that its reports can be made again", async () => {
    const before = JSON.parse(read("report.json"));
    await runCommand(registerSoak, ["soak", "report", out]);
    const { checkpoints: _, ...again } = JSON.parse(read("report.json"));
    expect(again).toMatchObject({ verdict: before.verdict, figures: before.figures, breaches: before.breaches });
  });
});

describe("a second Ctrl-C", () => {
  it(
    "leaves no process of the pair behind, and a run that can be gone on with",
    async () => {
      const dir = join(folder, "killed");
      const pair = ["--own-pair", "--port-offset", "9000", "--agents", "none"];
      const command = [join(process.cwd(), "ops", "tandem.ts"), "soak", ...pair, "--minutes", "5", "--out", dir];
      const soak = spawn(process.execPath, command, { stdio: "ignore" });
      const ended = new Promise((resolve) => soak.once("exit", resolve));
      const left = () => listProcesses().filter(({ pid, command }) => pid !== soak.pid && command.includes(`${dir}/`));
      await until(() => existsSync(join(dir, "events.jsonl")));
      expect(left().length).toBeGreaterThan(5);
      soak.kill("SIGINT");
      // The first one waits longer than that for the last answers.
      await pause(sameKeypressMs + 100);
      soak.kill("SIGINT");
      expect(await ended).toBe(130);
      await until(() => left().length === 0);
      expect(existsSync(join(dir, "soak.lock"))).toBe(false);
    },
    deadlineMs,
  );
});

describe("tandem soak", () => {
  it("refuses faults on a pair that others use, and says why", async () => {
    const { code, stderr } = await runCommand(registerSoak, ["soak", "--chaos", "3", "--out", join(folder, "none")]);
    expect(code).toBe(1);
    expect(stderr).toContain("which it only does to a pair of its own");
    expect(existsSync(join(folder, "none"))).toBe(false);
  });

  it("names what it asked when no hub answers", async () => {
    const args = ["soak", "--hub", "http://127.0.0.1:9", "http://127.0.0.1:19", "--out", join(folder, "silent")];
    const { stderr } = await runCommand(registerSoak, args);
    expect(stderr).toContain("no hub answers at http://127.0.0.1:9 and http://127.0.0.1:19");
  });
});
