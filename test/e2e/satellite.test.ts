import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askFleet, findAgent, setFault } from "../../ops/local/agents/directory.ts";
import * as fixture from "../fleet/fixture.ts";
import { fleetOf, LocalPair, type MachineLine, metricsOf } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

const portOffset = 8_600;
const nas = `${fixture.nas}  - { name: Thumbs, group: storage, port: 5002, healthPort: 6002, httpPort: 6003, health: { kind: zmq }, required: false }
`;

describe("a satellite whose home hub is pc2's", { timeout: 120_000 }, () => {
  let dir: string;
  let pair: LocalPair;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-satellite-"));
    const files = { mainpc: fixture.mainpc, pc2: fixture.pc2, nas, batches: "batches: []\n" };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, `${name}.yaml`), text);
    pair = await LocalPair.start(join(dir, "data"), portOffset, "--no-restart", "--fleet", dir);
  }, 120_000);

  afterAll(async () => {
    await pair?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const satelliteAt = async (machine: MachineLine) => (await fleetOf(machine)).satellites.nas;
  const agentsAt = async (machine: MachineLine) =>
    (await fleetOf(machine)).agents
      .filter((agent) => agent.machine === "nas")
      .map(({ name, health, observedBy }) => `${name} ${health} by ${observedBy}`);
  /** Alerts about the satellite itself, as mainpc stores them; those about its agents are others. */
  const alertsAt = async (machine: MachineLine) => {
    const nc = await connect({ servers: machine.nats });
    try {
      const { streams } = await nc.jetstreamManager();
      const { state } = await streams.info("observability-alerts");
      if (state.messages === 0) return 0;
      let found = 0;
      for (let seq = state.first_seq; seq <= state.last_seq; seq++)
        found +=
          (await streams.getMessage("observability-alerts", { seq })).string().split('"subject":"nas"').length - 1;
      return found;
    } finally {
      await nc.close();
    }
  };
  const scrapedAt = async (hub: string) =>
    /^tandem_agent_scrape_up\{[^}]*machine="nas"[^}]*\} 1$/m.test(await metricsOf(hub));
  const both = ["Archive healthy by pc2", "Thumbs healthy by pc2"];

  it("is alive in both hubs, with its agents asked by pc2's alone", async () => {
    for (const machine of [pair.mainpc, pair.pc2]) {
      await until("two healthy agents", async () => (await agentsAt(machine)).join() === both.join());
      await until("a living satellite", async () => (await satelliteAt(machine))?.verdict === "alive");
      expect(await satelliteAt(machine)).toMatchObject({ watchedBy: "pc2", askedBy: "pc2", reason: "" });
    }
    expect(await metricsOf(pair.mainpc.hub)).toContain(
      'tandem_machine_verdict{machine="nas",part="machine",verdict="alive"} 1',
    );
  });

  it("has its agents scraped by the home hub into both, and a card on the page of either", async () => {
    const group = /instance="nas:\d+"/;
    for (const { hub } of [pair.mainpc, pair.pc2])
      await until(`metrics of nas at ${hub}`, async () => group.test(await metricsOf(hub)));
    await until("the scrape", async () => scrapedAt(pair.pc2.hub));
    expect(await scrapedAt(pair.mainpc.hub)).toBe(false);
    expect(await (await fetch(`${pair.mainpc.hub}/`)).text()).toMatch(/Satellites.*nas.*EdgeHub on pc2/s);
  });

  it("goes on being known to mainpc's hub while pc2's is killed: healthy, then ill, then dead, then alive", async () => {
    const restart = pair.killMachine(pair.pc2, "hub");
    await until("mainpc asks", async () => (await satelliteAt(pair.mainpc))?.askedBy === "mainpc");
    const taken = both.map((line) => line.replace("by pc2", "by mainpc")).join();
    await until("two healthy agents, asked by mainpc", async () => (await agentsAt(pair.mainpc)).join() === taken);
    expect((await satelliteAt(pair.mainpc))?.verdict).toBe("alive");
    await until("mainpc scrapes", async () => scrapedAt(pair.mainpc.hub), 30_000);

    const alerts = await alertsAt(pair.mainpc);
    const fault = async (name: string, kind: "crashed" | "none") =>
      setFault(findAgent(await askFleet(join(dir, "data")), name, "nas"), { kind });
    await fault("Archive", "crashed");
    await until("one ill agent", async () => (await agentsAt(pair.mainpc))[0] === "Archive unhealthy by mainpc");
    expect((await satelliteAt(pair.mainpc))?.verdict).toBe("alive");

    await fault("Thumbs", "crashed");
    await until("a dead satellite", async () => (await satelliteAt(pair.mainpc))?.verdict === "dead", 30_000);
    expect((await satelliteAt(pair.mainpc))?.reason).toBe("none of its 2 agents answers");
    await until("an alert of it", async () => (await alertsAt(pair.mainpc)) === alerts + 1);
    await fault("Archive", "none");
    await until("a living satellite", async () => (await satelliteAt(pair.mainpc))?.verdict === "alive");
    await until("word that it is over", async () => (await alertsAt(pair.mainpc)) === alerts + 2);
    await fault("Thumbs", "none");

    restart();
    for (const machine of [pair.mainpc, pair.pc2]) {
      await until("pc2 asks again", async () => (await satelliteAt(machine))?.askedBy === "pc2");
      await until("two healthy agents", async () => (await agentsAt(machine)).join() === both.join(), 30_000);
    }
  });
});
