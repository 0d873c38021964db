import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fleetOf, LocalPair, ledgerOf, metricsOf } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

const root = join(import.meta.dirname, "..", "..");
const portOffset = 9_500;

describe("a drill on a pair that is in use", { timeout: 120_000 }, () => {
  let dir: string;
  let pair: LocalPair;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-drill-"));
    pair = await LocalPair.start(join(dir, "data"), portOffset, "--agents", "none");
    await until("sync", async () => (await fleetOf(pair.mainpc)).sync.state === "in-sync");
  }, 120_000);
  afterAll(async () => {
    await pair?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const drill = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const command = [join(root, "ops/tandem.ts"), "drill", ...args, "--data", pair.data, "--json"];
      execFile(process.execPath, command, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });

  it("kills pc2's hub, loses nothing, and is kept by both hubs, in their metrics and in a report", async () => {
    const { code, stdout, stderr } = await drill("run", "hub-crash", "--machine", "pc2", "--yes");
    const { figures } = JSON.parse(stdout);
    expect(figures, stderr).toMatchObject({ runs: 1, lost: 0, breaches: [] });
    expect(code).toBe(0);
    for (const machine of [pair.mainpc, pair.pc2])
      await until("its metrics", async () => /^tandem_drill_passed 1$/m.test(await metricsOf(machine.hub)));
    expect(JSON.parse((await drill("history")).stdout).drills).toMatchObject([{ figures: { runs: 1 } }]);
    expect(readdirSync(join(pair.data, "drills"))).toHaveLength(2);
    expect((await ledgerOf(pair.pc2)).missing).toBe(0);
  });

  it("is refused where redundancy is gone already, outside of its window, and for a fault that is none", async () => {
    const unknown = await drill("run", "flood", "--yes");
    expect(JSON.parse(unknown.stdout).error).toMatchObject({ code: "drill.unknown" });
    const hour = (new Date().getHours() + 12) % 24;
    const window = `${String(hour).padStart(2, "0")}:00-${String(hour).padStart(2, "0")}:01`;
    const late = await drill("run", "hub-crash", "--yes", "--window", window);
    expect(JSON.parse(late.stdout).error).toMatchObject({ code: "drill.window" });
    process.kill(pair.pc2.pids.nats, "SIGSTOP");
    try {
      await until(
        "that NATS is missed",
        async () => (await fleetOf(pair.mainpc)).machines.pc2?.nats.verdict === "dead",
      );
      const { code, stdout } = await drill("run", "hub-crash", "--yes");
      expect(code).toBe(1);
      expect(JSON.parse(stdout).error).toMatchObject({ code: "drill.refused" });
    } finally {
      process.kill(pair.pc2.pids.nats, "SIGCONT");
    }
  });
});
