import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fault } from "../support/fault.ts";
import { fleetOf, LocalPair, ledgerOf, metricsOf, pushTo } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

const portOffset = 6_150;

describe("a pair whose mainpc loses its NATS", { timeout: 120_000 }, () => {
  let dir: string;
  let pair: LocalPair;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-nats-down-"));
    pair = await LocalPair.start(join(dir, "data"), portOffset, "--no-restart", "--agents", "none");
  }, 120_000);

  afterAll(async () => {
    await pair?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const spooled = async (name: string) => {
    const line = (await metricsOf(pair.mainpc.hub)).match(new RegExp(`^tandem_spool_${name} (.*)$`, "m"));
    return Number(line?.[1]?.replace("+Inf", "Infinity"));
  };

  it("takes 50 pushes on its own disk, shows them at once, and has them in both hubs when NATS and hub were started again", async ({
    task,
  }) => {
    await until("sync", async () => (await fleetOf(pair.mainpc)).sync.state === "in-sync");
    expect(await spooled("records")).toBe(0);
    const startNats = pair.killMachine(pair.mainpc, "nats");
    for (let value = 1; value <= 50; value++)
      expect(await pushTo(pair.mainpc, `down-${value}`, value)).toBe("200 local");
    expect(await metricsOf(pair.mainpc.hub)).toContain('e2e_value{instance="",job="down-50"} 50');
    const down = await ledgerOf(pair.mainpc);
    expect(down).toMatchObject({ missing: 0, copies: 1 });
    // A change of health may be among what waits.
    expect(down.lines.find(({ origin, stream }) => origin === "mainpc" && stream === "metrics")?.spooled).toBe(50);
    expect(await spooled("bytes")).toBeGreaterThan(50 * 100);
    expect(await spooled("limit_bytes")).toBe(1024 ** 3);
    expect(await spooled("left_seconds")).toBeGreaterThan(0);
    expect((await fleetOf(pair.mainpc)).sync.state).toBe("degraded");

    const startHub = pair.killMachine(pair.mainpc, "hub");
    startHub();
    await until("the hub", async () => (await fetch(`${pair.mainpc.hub}/livez`).catch(() => undefined))?.ok);
    // It does not know yet what its NATS holds, so it cannot check a push.
    expect(await pushTo(pair.mainpc, "early", 1)).toBe("503 null");
    startNats();
    for (const machine of [pair.mainpc, pair.pc2]) {
      await until("all records twice", async () => {
        const ledger = await ledgerOf(machine);
        return ledger.copies === 2 && ledger.lines.some(({ stored }) => stored >= 50);
      });
      expect(await ledgerOf(machine)).toMatchObject({ spooled: 0, missing: 0, duplicates: 0 });
      const metrics = await metricsOf(machine.hub);
      for (let value = 1; value <= 50; value++) expect(metrics).toContain(`job="down-${value}"} ${value}\n`);
    }
    await until("sync", async () => (await pushTo(pair.mainpc, "after", 1)) === "200 peer");
    const { missing, duplicates } = await ledgerOf(pair.pc2);
    fault(task, "nats-killed", {
      acknowledged: down.lines.reduce((sum, line) => sum + line.spooled, 0),
      missing,
      duplicates,
    });
  });

  it("stores a client's numbered push once though it retries at both hubs, and counts what the client never sent", async () => {
    const push = async (hub: string, seq: number, body = `numbered ${seq}\n`) => {
      const headers = { "tandem-client": "e2e", "tandem-seq": String(seq) };
      const answer = await fetch(`${hub}/metrics/job/numbered`, { method: "PUT", headers, body });
      return `${answer.status} ${answer.headers.get("tandem-replay")}`;
    };
    const { hub } = pair.mainpc;
    expect(await push(hub, 1)).toBe("200 null");
    // The peer's hub knows of it once it is copied there.
    await until("both copies", async () => (await ledgerOf(pair.mainpc)).copies === 2);
    expect([await push(hub, 1), await push(pair.pc2.hub, 1)]).toEqual(["200 true", "200 true"]);
    expect(await push(pair.pc2.hub, 4)).toBe("200 null");
    await until("both copies", async () => (await ledgerOf(pair.pc2)).copies === 2);
    expect(await push(hub, 4)).toBe("200 true");
    expect(await push(hub, 4, "numbered 5\n")).toBe("409 null");
    for (const machine of [pair.mainpc, pair.pc2]) {
      const { clients, unnumbered } = await ledgerOf(machine);
      expect(clients).toEqual([{ client: "e2e", highest: 4, missing: 2, duplicates: 0 }]);
      expect(unnumbered.mainpc).toBeGreaterThanOrEqual(51);
      expect(await metricsOf(machine.hub)).toMatch(/^tandem_client_missing_pushes 2$/m);
    }
  });
});
