import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Gauge, Pushgateway, Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fault } from "../support/fault.ts";
import { fleetOf, LocalPair, ledgerOf, metricsOf, pushTo } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

// All ports of the pair are then above those of a pair without an offset and below those of outgoing connections.
const portOffset = 5_300;

describe("the pair on one computer", { timeout: 120_000 }, () => {
  let dir: string;
  let pair: LocalPair;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-e2e-"));
    pair = await LocalPair.start(join(dir, "data"), portOffset, "--no-restart");
  }, 120_000);

  afterAll(async () => {
    await pair?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it("shows the same 77 agents, all healthy, in both hubs", async () => {
    for (const machine of [pair.mainpc, pair.pc2]) {
      const fleet = await until("77 healthy agents", async () => {
        const view = await fleetOf(machine);
        return view.totals.healthy === 77 ? view : undefined;
      });
      expect(fleet.agents.filter((agent) => agent.machine === "mainpc")).toHaveLength(54);
      expect([fleet.machines.mainpc?.verdict, fleet.machines.pc2?.verdict]).toEqual(["alive", "alive"]);
    }
  });

  it("brings a client's push to either hub into both hubs and both Pushgateways", async () => {
    for (const [machine, job] of [
      [pair.mainpc, "to_mainpc"],
      [pair.pc2, "to_pc2"],
    ] as const) {
      const register = new Registry();
      new Gauge({ name: `e2e_${job}`, help: "A push.", registers: [register] }).set(42);
      await new Pushgateway(machine.hub, {}, register).pushAdd({ jobName: job });
      for (const { hub, pushgateway } of [pair.mainpc, pair.pc2]) {
        for (const base of [hub, pushgateway]) {
          await until(`${job} at ${base}`, async () =>
            new RegExp(`^e2e_${job}\\{[^}]*job="${job}"[^}]*\\} 42$`, "m").test(await metricsOf(base)),
          );
        }
      }
    }
  });

  it("answers a push in sync with 200 and the peer's word for it", async () => {
    await until("sync", async () => (await fleetOf(pair.mainpc)).sync.state === "in-sync");
    expect(await pushTo(pair.mainpc, "word", 1)).toBe("200 peer");
  });

  it("deletes a group that was pushed for one second to pc2 at both hubs and both Pushgateways", async () => {
    const headers = { "Tandem-Expires-After": "1" };
    const push = { method: "PUT", body: "e2e_short 1\n", headers };
    expect((await fetch(`${pair.pc2.hub}/metrics/job/short`, push)).status).toBe(200);
    const bases = [pair.mainpc.hub, pair.pc2.hub, pair.mainpc.pushgateway, pair.pc2.pushgateway];
    for (const base of bases)
      await until(`the end of the group at ${base}`, async () => !(await metricsOf(base)).includes('job="short"'));
    expect(await pushTo(pair.mainpc, "short", 8)).toBe("200 peer");
    await until("the same group again", async () => (await metricsOf(pair.pc2.hub)).includes('job="short"'));
  });

  it("takes over what is pushed straight to pc2's Pushgateway, and brings back what is deleted there", async () => {
    const bases = [pair.mainpc.hub, pair.pc2.hub, pair.mainpc.pushgateway, pair.pc2.pushgateway];
    const shown = (value: number) => `e2e_straight{instance="",job="straight"} ${value}\n`;
    const group = `${pair.pc2.pushgateway}/metrics/job/straight`;
    await fetch(group, { method: "PUT", body: "e2e_straight 1\n" });
    for (const base of bases) await until(`it at ${base}`, async () => (await metricsOf(base)).includes(shown(1)));
    await fetch(group, { method: "POST", body: "e2e_straight 2\n" });
    for (const base of bases)
      await until(`the newer one at ${base}`, async () => (await metricsOf(base)).includes(shown(2)));
    const deletedMs = Date.now();
    await fetch(group, { method: "DELETE" });
    // Its absence may be over before anybody looks.
    const pushTime = /^push_time_seconds\{instance="",job="straight"\} (.+)$/m;
    await until("its being fed again there", async () => {
      const [, seconds = 0] = pushTime.exec(await metricsOf(pair.pc2.pushgateway)) ?? [];
      return Number(seconds) * 1_000 > deletedMs;
    });
    for (const base of bases)
      await until(`it again at ${base}`, async () => (await metricsOf(base)).includes(shown(2)));
  });

  it("loses mainpc's hub, NATS and Pushgateway to SIGKILL, goes on at pc2, and heals with nothing missing", async ({
    task,
  }) => {
    const before = Date.now();
    const startAgain = pair.killMachine(pair.mainpc);
    const judged = await until("the verdict", async () => {
      const { mainpc } = (await fleetOf(pair.pc2)).machines;
      return mainpc?.verdict === "dead" ? mainpc : undefined;
    });
    expect([judged.hub.verdict, judged.nats.verdict, judged.pushgateway.verdict]).toEqual(["dead", "dead", "dead"]);
    expect(Date.parse(judged.since)).toBeGreaterThanOrEqual(before);
    const page = await (await fetch(`${pair.pc2.hub}/`)).text();
    expect(page).toMatch(/mainpc/);
    expect(page).toMatch(/dead/i);
    expect(await pushTo(pair.pc2, "alone", 7)).toBe("200 local");
    for (const path of ["/metrics", "/livez", "/readyz", "/-/healthy", "/-/ready", "/api/v1/fleet", "/api/v1/ledger"])
      expect((await fetch(pair.pc2.hub + path)).status, path).toBe(200);
    // A dead hub moves no living agent: they are asked from here.
    await until("mainpc's agents, as pc2 sees them", async () => {
      const { agents } = await fleetOf(pair.pc2);
      const living = agents.filter(
        ({ machine, health, isHub }) => machine === "mainpc" && health === "healthy" && !isHub,
      );
      return living.length === 53 && living.every(({ observedBy }) => observedBy === "pc2");
    });

    startAgain();
    await until("mainpc alive and in sync", async () => {
      const fleet = await fleetOf(pair.pc2);
      return fleet.machines.mainpc?.verdict === "alive" && fleet.sync.state === "in-sync";
    });
    for (const machine of [pair.mainpc, pair.pc2]) {
      const healed = await until("two copies of all", async () => {
        const ledger = await ledgerOf(machine);
        return ledger.copies === 2 ? ledger : undefined;
      });
      expect(healed).toMatchObject({ missing: 0, pending: 0 });
    }
    for (const base of [pair.mainpc.hub, pair.mainpc.pushgateway])
      await until(`the push made meanwhile at ${base}`, async () =>
        /e2e_value\{[^}]*job="alone"[^}]*\} 7/.test(await metricsOf(base)),
      );
    await until("77 healthy agents", async () => (await fleetOf(pair.mainpc)).totals.healthy === 77);
    const { missing, pending } = await ledgerOf(pair.pc2);
    fault(task, "machine-killed", { deadAfterMs: Date.parse(judged.since) - before, missing, pending });
  });

  it("ends on Ctrl-C with code 0, leaves no process, and goes on with its data at the next start", async () => {
    expect(await pair.stop()).toBe(0);
    await until("all processes gone", () => pair.processes().length === 0);
    pair = await LocalPair.start(join(dir, "data"), portOffset, "--agents", "none");
    for (const base of [pair.mainpc.hub, pair.pc2.hub, pair.mainpc.pushgateway, pair.pc2.pushgateway])
      await until(`the earlier push at ${base}`, async () => (await metricsOf(base)).includes('job="alone"'));
  });
});
